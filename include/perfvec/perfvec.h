/*
 * perfvec/perfvec.h - the whole public interface of libperfvec, and what stays the same between its versions
 *
 * The library exports the functions that the headers of this folder declare, and nothing else. A program that was linked with one version
 * runs with every later one of the same PV_ABI (perfvec/version.h), whose number is in the shared library's name: libperfvec.so.PV_ABI.
 *
 * PV_ABI rises with a version in which
 *   - a function is gone, or has other parameters or another meaning;
 *   - a struct that is defined here has another size, or its members lie elsewhere;
 *   - an enum value has another number.
 * It stays where functions, enum values (at the end; a program meets values it does not know) and headers are added.
 *
 * Structs that are only declared here (struct pv_model) are opaque: their members may change in any version. Structs that are defined here
 * belong to the caller, so their size is part of the interface. They grow at their end, and a new member means with 0, or with what the
 * pv_..._defaults() function of an option struct puts there, what was done without it: a program that initialises them by names of members
 * or from that function compiles and does the same with a later version, once it is compiled anew.
 *
 * Files have versions of their own (docs/formats). Texts of messages may change at any time; enum pv_status and exit codes do not.
 */
#ifndef PERFVEC_PERFVEC_H
#define PERFVEC_PERFVEC_H

#include <perfvec/api.h>
#include <perfvec/choose.h>
#include <perfvec/dataset.h>
#include <perfvec/error.h>
#include <perfvec/error_summary.h>
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
#include <perfvec/represent_files.h>
#include <perfvec/simulate.h>
#include <perfvec/text.h>
#include <perfvec/trace.h>
#include <perfvec/tracer.h>
#include <perfvec/uarch.h>
#include <perfvec/machine_regression.h>
#include <perfvec/uop.h>
#include <perfvec/version.h>

#endif
