// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <h2h/mapper/step.hpp>

namespace h2h {

class Registry;

/// A word of a chain, such as `sa[evals=1000,seed=1]`.
struct ChainWord {
  std::string name;
  std::vector<std::pair<std::string, std::string>> options;
};

/// Splits `step[key=value,...]+step+...`. @throws Error (usage)
std::vector<ChainWord> parse_chain(std::string_view text);

/// A chain of steps, ready to run.
struct Mapper {
  struct Step {
    std::string name;
    std::shared_ptr<const MappingStep> step;
  };
  std::string name;  ///< as the user wrote it
  std::vector<Step> steps;
};

/// Runs one step. @throws Error (internal) if it leaves layers unmapped
StepResult run_step(const Problem& problem, const Mapper::Step& step, const Mapping& mapping,
                    StepContext& context);

/// Runs all steps of a mapper, the first on @p start; what they considered is added up, and notes follow the
/// name of their step.
/// @throws Error (internal) if a step leaves layers unmapped
StepResult run_chain(const Problem& problem, const Mapper& mapper, Mapping start, StepContext& context);

/// Whether some step's mappings may exceed the local DRAM.
bool may_exceed_dram(const Mapper& mapper);

/// Makes a mapper from its text: names of steps and of mappers (which stand for their chains), joined by '+'.
/// @throws Error (usage) for an unknown name or option
Mapper make_mapper(std::string_view text, const Registry& registry);

}  // namespace h2h
