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

/// Makes a mapper from its text: names of steps and of mappers (which stand for their chains), joined by '+'.
/// @throws Error (usage) for an unknown name or option
Mapper make_mapper(std::string_view text, const Registry& registry);

}  // namespace h2h
