// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <h2h/cost/problem.hpp>

namespace h2h {

/// The subgraphs that a series-parallel decomposition of the workload consists of: every layer by itself, and
/// the layers between the ends of each series and of each parallel composition, once each. Layers in file
/// order; single layers first, then as they were found.
///
/// The graph between a source and a sink is reduced: a layer with one edge in and one out joins the two in
/// series, edges between the same layers join in parallel (Valdes, Tarjan, Lawler, "The recognition of series
/// parallel digraphs", SIAM J. Comput. 11(2), 1982). Where neither is possible the graph is not
/// series-parallel; then the smallest composition that can go without cutting a layer off is taken out as the
/// root of a tree of its own, and the rest goes on: a forest, as in Wilhelm and Pionteck, arXiv 2502.19745.
std::vector<std::vector<LayerIndex>> series_parallel_subgraphs(const Problem& problem);

}  // namespace h2h
