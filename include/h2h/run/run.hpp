// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <h2h/mapper/chain.hpp>
#include <h2h/schedule/bounds.hpp>
#include <h2h/schedule/checker.hpp>
#include <h2h/schedule/critical_chain.hpp>
#include <h2h/schedule/energy.hpp>
#include <h2h/schedule/schedule.hpp>
#include <h2h/search/front.hpp>

namespace h2h {

/// A mapping and everything that is reported of it.
struct Judgement {
  Mapping mapping;
  Schedule schedule;  ///< as reported: a replay, or analytic where none was wanted
  bool is_replay = false;
  bool is_cold = false;  ///< the schedule loads the pinned weights
  double latency_s = 0;
  /// Of serial execution: nothing analytic is known of another.
  std::optional<double> analytic_latency_s;
  Energy energy;
  CriticalChain chain;
  std::vector<std::string> excesses;  ///< DRAM that a mapping by released rules exceeds
};

/// What one step of a mapper came to.
struct StepOutcome {
  std::string name;
  Judgement judgement;
  double search_s = 0;  ///< wall time of the step itself
  std::uint64_t evaluations = 0;
  bool exact = true;
  std::string note;
};

/// What a mapper came to: its steps, the last of which is the result.
struct Run {
  std::string mapper;
  std::string evaluator;
  std::vector<StepOutcome> steps;
  Bound bound;
  bool bound_holds = true;  ///< not where the user has changed SimGrid's model: replays may then be faster

  const Judgement& result() const { return steps.back().judgement; }
  /// How far a judgement is from the bound: latency / bound - 1. Nothing where the bound says nothing: of a
  /// mapping that exceeds the DRAM, and of replays by another model.
  std::optional<double> gap(const Judgement& judgement) const {
    if (!bound_holds || !judgement.excesses.empty()) return std::nullopt;
    return judgement.latency_s / bound.latency_s - 1;
  }
  std::optional<double> gap() const { return gap(result()); }
};

/// How reported schedules are made: by replay, or analytically.
using Scheduler = std::function<Schedule(const Problem&, const Mapping&)>;

/// How results are judged.
struct Judging {
  Scheduler scheduler;
  bool replayed = false;  ///< whether it replays, so that contention may lengthen transfers
  /// Pinned weights are not in the DRAM when the run begins: each layer loads its own before it first runs,
  /// as if they were not pinned.
  bool cold = false;
};

/// What is to be done about weights and tensors beyond the DRAM.
enum class Excess : std::uint8_t { refused, reported };

/// What durations of schedules may be: of analytic ones, or of replays on the problem's system.
Contention contention_of(const Problem& problem, bool replayed);

/// Says which rules a mapping from a file breaks. @pre there is a violation
[[noreturn]] void refuse(const std::string& file, const std::vector<Violation>& violations);

/// Refuses a mapping that a user gave and that breaks a rule. @throws Error (input) that names @p file
void refuse_invalid(const Problem& problem, const Mapping& mapping, const std::string& file);

/// Judges a complete mapping: its schedule, checked by the independent checker, and what follows from it.
/// @throws Error (internal) if the checker finds anything, but for an excess of DRAM that may be reported
Judgement judge(const Problem& problem, const Mapping& mapping, const Judging& judging,
                Excess excess = Excess::refused);

/// The quick bounds of a problem, which are the same for every mapper: each is computed when it is first
/// asked for. The problem must outlive it.
class QuickBounds {
 public:
  explicit QuickBounds(const Problem& problem) : problem_(&problem) {}

  const Problem& problem() const { return *problem_; }
  const Bound& of(Contention contention, Execution execution);

 private:
  const Problem* problem_;
  std::map<std::pair<Contention, Execution>, Bound> bounds_;
};

/// Runs a mapper on the problem of @p bounds and judges its result alone.
/// @returns a run whose one step, of the mapper's name, stands for all of them
Run run_to_result(QuickBounds& bounds, const Mapper& mapper, StepContext& context, const Judging& judging);

/// Runs a mapper and judges every step.
/// @param start the mapping that its first step is given, `Mapping::none()` or one that was saved
/// @param begins is called with the name of each step before it runs
Run run_mapper(const Problem& problem, const Mapper& mapper, const Mapping& start, StepContext& context,
               const Judging& judging, const std::function<void(const std::string& step)>& begins = {});

/// A mapping that was not searched for, as a run of one step.
Run run_saved(const Problem& problem, const Mapping& mapping, const Judging& judging);

/// Judges the mappings of a front. On shared links another of them may be the faster: what the judge finds
/// beaten is left out.
/// @param known judgements that belong beside them, such as of the mappings that the search began with; those
///        with an excess are left out
/// @returns the fastest first
std::vector<Judgement> judge_front(const Problem& problem, const ParetoFront& front,
                                   LocalityRules::Scope scope, const Judging& judging,
                                   std::vector<Judgement> known = {});

/// Looks once for a better bound than the quick one that runs of the same problem have, knowing their best
/// latency. @throws Error as find_bound() does
void tighten_bounds(const Problem& problem, std::span<Run> runs, const BoundOptions& options);

}  // namespace h2h
