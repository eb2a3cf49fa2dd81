// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <h2h/run/explanation.hpp>

#include "options.hpp"

namespace h2h::cli {

/// Judges the mappings of searches as the options say. What is given must outlive it.
std::unique_ptr<Evaluator> make_evaluator(const Options& options, const Inputs& inputs);
/// Judges results as the options say.
Judging judging_of(const Options& options, Simulator& simulator);

/// Mappers at work on the problem that the options name: inputs, evaluator and judge, made once.
class Search {
 public:
  /// @throws Error if the inputs cannot be read
  Search(const Options& options, const Registry& registry);
  Search(const Options& options, Inputs inputs);
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  const Inputs& inputs() const { return inputs_; }
  Inputs& inputs() { return inputs_; }
  const Problem& problem() const { return problem_; }

  /// The saved mapping that the options name; from then on it is among the inputs.
  Mapping read_saved();
  /// The mapping that a mapper's first step is given; none by default.
  void start_from(Mapping mapping) { start_ = std::move(mapping); }

  /// Says on a terminal which step is running.
  Run run(const Mapper& mapper);
  /// A saved mapping instead of a search.
  Run run(const Mapping& mapping);
  /// Explains the result of a run, changed platforms tried side by side.
  Explanation explain(const Run& run, const WhatIfOptions& wanted = {}) const;
  /// Judges a front as it judges results, beside what is known.
  std::vector<Judgement> judge(const ParetoFront& front, LocalityRules::Scope scope,
                               std::vector<Judgement> known);

 private:
  Judging judging() { return judging_of(options_, inputs_.simulator); }

  const Options& options_;
  Inputs inputs_;
  Problem problem_;
  Mapping start_;
  std::unique_ptr<Evaluator> evaluator_;  ///< made when a mapper first needs it
};

/// Refuses a mapping to start from where the mapper's first step begins with none. @throws Error (usage)
void refuse_idle_mapping(const Options& options, const Mapper& mapper, const Registry& registry);

}  // namespace h2h::cli
