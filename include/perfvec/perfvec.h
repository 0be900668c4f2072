/*
 * perfvec/perfvec.h - the whole public interface of libperfvec
 */
#ifndef PERFVEC_PERFVEC_H
#define PERFVEC_PERFVEC_H

#include <perfvec/choose.h>
#include <perfvec/dataset.h>
#include <perfvec/error.h>
#include <perfvec/evaluate.h>
#include <perfvec/exchange.h>
#include <perfvec/explore.h>
#include <perfvec/features.h>
#include <perfvec/formula.h>
#include <perfvec/gem5.h>
#include <perfvec/gem5_run.h>
#include <perfvec/import_pt.h>
#include <perfvec/json.h>
#include <perfvec/learn_rep.h>
#include <perfvec/model.h>
#include <perfvec/predict.h>
#include <perfvec/profile.h>
#include <perfvec/progress.h>
#include <perfvec/recorder.h>
#include <perfvec/report.h>
#include <perfvec/report_sections.h>
#include <perfvec/simulate.h>
#include <perfvec/text.h>
#include <perfvec/trace.h>
#include <perfvec/tracer.h>
#include <perfvec/uarch.h>
#include <perfvec/machine_regression.h>
#include <perfvec/uop.h>
#include <perfvec/version.h>

#endif
