// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <h2h/base/section.hpp>
#include <h2h/mapper/evaluator.hpp>
#include <h2h/mapping/mapping.hpp>

namespace h2h {

/// What a step may use besides the problem.
struct StepContext {
  Evaluator& evaluator;    ///< judges mappings
  std::uint64_t seed = 1;  ///< of a step that draws random numbers and has no seed of its own
  unsigned jobs = 1;       ///< threads that a step may use
};

struct StepResult {
  Mapping mapping;
  std::uint64_t evaluations = 0;  ///< candidates considered
  bool exact = true;              ///< false where a limit cut an exact method short
  std::string note = {};          ///< something the user should know; empty: nothing
};

/// One step of a mapper: takes a mapping, perhaps an empty one, and returns a better or a more complete one.
/// Deterministic for the same problem, mapping, options and seed, unless its options limit it in time.
class MappingStep {
 public:
  virtual ~MappingStep() = default;
  virtual StepResult run(const Problem& problem, const Mapping& mapping, StepContext& context) const = 0;

  /// Whether its mappings may exceed the local DRAM (the option `dram=reported`): results then say by how
  /// much. An excess by any other step is a defect.
  virtual bool may_exceed_dram() const { return false; }

  /// Whether wall time limits it, so that its result depends on the machine and on what else runs there.
  virtual bool is_timed() const { return false; }
};

/// An option in brackets, for the list of mappers.
struct OptionDescription {
  std::string name;
  std::string value;  ///< its default
  std::string meaning;
};

/// A kind of step, under its name.
struct StepFamily {
  std::string name;
  std::string summary;    ///< one line
  std::string reference;  ///< where it is from
  std::vector<OptionDescription> options;
  /// Reads every option that it knows from a section; whoever calls it refuses the rest.
  std::function<std::shared_ptr<const MappingStep>(const Section& options)> make;
  /// What it begins with: a mapping to improve, nothing (a mapping is ignored), or whatever there is.
  enum class Start : std::uint8_t { mapping, nothing, either };
  Start start = Start::mapping;
  std::string origin = {};  ///< file of the plug-in that it is from; empty: built in. A Registry sets it.
};

/// A named chain of steps.
struct MapperFamily {
  std::string name;
  std::string summary;
  std::string reference;
  std::vector<OptionDescription> options;
  /// The chain that the name with these options stands for.
  std::function<std::string(const Section& options)> expand;
  std::string origin = {};  ///< as of a StepFamily
};

/// @throws Error (usage) unless @p mapping is complete, for a step that improves one
void require_complete(const Mapping& mapping, std::string_view step);

using StepFamilies = std::map<std::string, StepFamily, std::less<>>;
using MapperFamilies = std::map<std::string, MapperFamily, std::less<>>;

/// @returns @p after, or @p before with a note where the judge finds @p after worse. What a step decides anew
/// may have been decided better before; and on shared links pinning or fusing can move a transfer onto a
/// critical one.
StepResult unless_worse(const Problem& problem, const Mapping& before, StepResult after,
                        StepContext& context);

}  // namespace h2h
