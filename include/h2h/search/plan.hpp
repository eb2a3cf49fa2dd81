// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <h2h/mapping/locality.hpp>
#include <h2h/mapping/mapping.hpp>

namespace h2h {

/// A mapping as searches hold it: one sequence of all layers, producers before their consumers, in which
/// every accelerator runs its layers. Which tensors stay local follows from the sequence by the rules of step
/// 3, so that no change can make a plan invalid but one of its weights' places.
struct Plan {
  std::vector<LayerIndex> sequence;           ///< every layer once
  std::vector<AcceleratorIndex> accelerator;  ///< by layer
  std::vector<char> pinned;                   ///< by layer: its weights are in the accelerator's DRAM

  friend bool operator==(const Plan&, const Plan&) = default;
};

/// Unpins what is too much for the weight budgets: in the order in which layers run, pins are kept while
/// there is room. Mappings by released rules may exceed it.
void fit_pins(const Problem& problem, Plan& plan);

/// The plan of a complete mapping: layers by their start under the analytic evaluator. Of pinned weights that
/// exceed a budget, as released rules allow, some are left out.
/// @throws Error (input) if the mapping's orders contradict the workload's dependencies
Plan plan_of(const Problem& problem, const Mapping& mapping);

/// The mapping of a plan, its tensors fused as step 3 does. Under scope resident, tensors stay on an
/// accelerator throughout where its DRAM holds its pinned weights and all outputs of its layers at once, and
/// otherwise from one layer to the next.
Mapping mapping_of(const Problem& problem, const Plan& plan, LocalityRules::Scope scope);

}  // namespace h2h
