/*
 * pca.h - points of many dimensions in a plane: principal components, and t-SNE
 *
 * Shapes: n points of d dimensions.
 */
#ifndef REPORT_PCA_H
#define REPORT_PCA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * report_pca - scores on the first two principal components
 *
 * @x       (n, d) the points; read only
 * @plane   (n, 2) set; centred. All zero in a direction without spread
 * @shares  (2) set: of the whole variance; NAN when there is none
 *
 * The direction of an axis is the one in which the (d) loading of the largest size is positive.
 * Returns: PV_OK; PV_ERR_NOMEM; PV_ERR_RANGE (points that are not finite)
 */
enum pv_status report_pca(const double *x, size_t n, size_t d, double *plane, double shares[2], struct pv_error *err);

/*
 * report_tsne - a plane in which near points stay near
 *
 * @x           (n, d) the points; read only
 * @perplexity  how many neighbours count; at most (n - 1) / 3 is used
 * @seed        of what tells apart points that begin at the same place
 * @plane       (n, 2) set; centred
 *
 * The same arguments give the same plane. Exact gradients: O(n^2) for each of REPORT_TSNE_ITERATIONS.
 * Source:  van der Maaten, Hinton: "Visualizing Data using t-SNE", JMLR 9, 2008; begun from the principal components and with the learning
 *          rate of Kobak, Berens: "The art of using t-SNE for single-cell transcriptomics", Nature Communications 10, 2019
 * Returns: PV_OK; PV_ERR_ARG (fewer than 4 points), PV_ERR_NOMEM
 */
enum { REPORT_TSNE_ITERATIONS = 750 };
enum pv_status report_tsne(const double *x, size_t n, size_t d, double perplexity, uint64_t seed, double *plane, struct pv_error *err);

#endif
