// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "least_times.hpp"
#include "linear_program.hpp"

namespace h2h::bounds {

/// What a mapping decides except the order of layers on an accelerator, as a (mixed-integer) linear program
/// whose first variable is the latency in units of `unit_s`. Every valid mapping with a latency of at most
/// the incumbent's is a solution.
///
/// Variables: assignment x[layer, group], fused y[edge, group] <= both ends, unpinned weights, stored
/// outputs, end times along the edges, load. Cuts: of the layers that must precede a join the part on one
/// accelerator takes place before its start (forks mirrored); layers on one accelerator that neither start
/// before h nor have less than q behind them take at most the latency less h and q; x = 0 where the least
/// latency through layer and group exceeds the incumbent.
class Relaxation {
 public:
  /// @param incumbent_s latency of a known valid mapping
  Relaxation(const Slots& slots, const Windows& windows, double incumbent_s);

  const LinearProgram& program() const { return program_; }
  double unit_s() const { return unit_s_; }

 private:
  using Variable = LinearProgram::Variable;
  using Terms = std::vector<LinearProgram::Term>;
  static constexpr Variable kNone = static_cast<Variable>(-1);

  void add_assignment();
  void add_budgets();
  /// Budgets in whole multiples of some layers' weights, rounded down (Chvatal-Gomory cuts), of those that
  /// say the most.
  void add_rounded_budgets(GroupIndex group);
  void add_fusion();
  void add_run_cuts();
  void add_run_budgets();
  void add_times();
  void add_loads();

  /// A stretch of time in which some layers run.
  struct Span {
    Terms length;
    std::vector<char> inside;  ///< by layer
    const Windows& heads;      ///< from its start
    const Windows& tails;      ///< to its end
  };
  /// Layers on one accelerator that neither start before a head nor end behind a tail share what is left of
  /// the span.
  void add_span(const Span& span);

  /// Adds the seconds of a layer's slot on a group, times a factor, to a row.
  void append_slot(Terms& row, LayerIndex layer, GroupIndex group, double factor) const;
  Variable& x(LayerIndex layer, GroupIndex group) { return x_[at(layer, group)]; }
  Variable x(LayerIndex layer, GroupIndex group) const { return x_[at(layer, group)]; }
  std::size_t at(std::uint32_t row, GroupIndex group) const {
    return static_cast<std::size_t>(row) * slots_.group_count() + group;
  }

  const Slots& slots_;
  const Windows& windows_;
  double incumbent_s_;
  double unit_s_;
  LinearProgram program_;
  Variable latency_ = 0;
  std::vector<Variable> x_;         ///< by layer and group
  std::vector<Variable> streamed_;  ///< by layer and group: there and its weights are not pinned
  std::vector<Variable> stored_;    ///< by layer and group: there and its output goes to the host;
                                    ///< of a single consumer, x less fused
  std::vector<Variable> fused_;     ///< by edge and group
  std::vector<Variable> start_;     ///< by layer
};

}  // namespace h2h::bounds
