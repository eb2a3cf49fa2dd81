// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <h2h/mapping/mapping.hpp>

namespace h2h {

/// A problem some of whose weights lie in local DRAM already (section 4.5 of the paper): layers whose weights
/// are buffered on an accelerator are placed there before all else, and the rest is mapped beside them. It is
/// a problem like others, in which a buffered layer runs in its place alone and has no weights, and what it
/// holds of the DRAM is gone; so every mapper solves it, and its knapsack is the one in which a part of the
/// allocation is decided.
class WarmProblem {
 public:
  /// @param cold what is asked when nothing more is buffered than in it; it must outlive this
  /// @param buffered by layer: the accelerator where its weights lie, or Problem::kHost
  /// @pre what is buffered on an accelerator fits into its weight budget, and a layer runs where it is
  WarmProblem(const Problem& cold, std::span<const AcceleratorIndex> buffered);
  WarmProblem(const WarmProblem&) = delete;
  WarmProblem& operator=(const WarmProblem&) = delete;

  /// For mappers.
  const Problem& problem() const { return problem_; }

  /// A mapping of this problem as one of the cold problem: buffered weights are pinned.
  /// @throws Error (internal) for a mapping that has moved a buffered layer
  Mapping as_cold(Mapping mapping) const;

 private:
  const Problem& cold_;
  std::vector<AcceleratorIndex> buffered_;
  System system_;  ///< with what is left of the DRAM
  Problem problem_;
};

}  // namespace h2h
