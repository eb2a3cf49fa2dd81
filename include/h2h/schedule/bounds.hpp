// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/cost/problem.hpp>
#include <h2h/schedule/checker.hpp>

namespace h2h {

// Latencies that no valid mapping of a problem can beat: whatever its assignment, orders, pins and fused
// edges, fusion of scope adjacent or resident, and whether its schedule is analytic or a replay. Mappings
// that exceed the DRAM may beat them. Under direct activations every pull counts as over the quickest route
// that there is.

/// A lower bound, and which argument gives it.
struct Bound {
  double latency_s = 0;
  /// `critical-path`, `load`, `network` or several of them joined by '+'; `lp`, `milp`, `exact`
  std::string kind;
  /// What went otherwise than asked for; empty: nothing.
  std::string note = {};
};

/// The heaviest path of the workload, each layer on the accelerator that suits the path best: computation,
/// weights that fit no DRAM share, and for each change of accelerator the tensor out and in. Dynamic
/// programming over layer x accelerator; exact for a chain with enough DRAM, unless activations are direct.
Bound critical_path_bound(const Problem& problem);

/// Least seconds from the end of a layer's computation to the end of the network, by layer and kind of the
/// accelerator that it is on (a row a layer), whatever the mapping of the rest.
std::vector<double> least_tails_s(const Problem& problem);

/// The work of all layers on unrelated accelerators, by prices of their time (Lagrangian relaxation).
Bound load_bound(const Problem& problem);

/// The bytes that must cross a link that several accelerators share, by its rate; 0 where there is none.
/// Holds for replays only.
Bound network_bound(const Problem& problem);

/// The best of these and of all together: path, load, budgets for pinned weights and shared links at prices
/// that fit each other. Takes milliseconds for networks of some hundred layers.
/// @param contention whether the schedules that it is for share links: replays
/// @param execution overlapped: transfers hide behind computations, so that what is left is the path of
///        computations and activations, the computations of all layers, and shared links
Bound best_bound(const Problem& problem, Contention contention = Contention::none,
                 Execution execution = Execution::serial);

/// How a bound is looked for.
enum class BoundMethod : std::uint8_t {
  quick,  ///< best_bound()
  lp,     ///< linear program with cuts, solved by COIN-OR CBC
  milp,   ///< the same with whole assignments and pins, until proven or out of time
  exact,  ///< branch and bound of its own over complete schedules; of small problems, activations over the
          ///< host
};
std::string_view to_string(BoundMethod method);

struct BoundOptions {
  BoundMethod method = BoundMethod::quick;
  /// Of each call, of the other methods than quick: from where the quick bound is known.
  double time_s = 60;
};

/// Checks that what a method needs is there. @throws Error (usage) if its solver is not
void require_method(BoundMethod method);

/// The best bound that a method finds, or best_bound() where it finds none that is better. Where time is up
/// or the solver fails, the best until then stands, with a note.
/// @param incumbent_s analytic latency of a valid mapping: the lower, the faster
/// @param execution only the quick bound knows another than serial
/// @throws Error (usage) if the solver is not there
Bound find_bound(const Problem& problem, Contention contention, std::optional<double> incumbent_s,
                 const BoundOptions& options, Execution execution = Execution::serial);

}  // namespace h2h
