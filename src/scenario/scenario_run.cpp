// SPDX-License-Identifier: Apache-2.0
#include <h2h/scenario/scenario_run.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include <h2h/base/text.hpp>
#include <h2h/mapper/warm.hpp>
#include <h2h/mapping/locality.hpp>

namespace h2h {
namespace {

using Names = std::unordered_map<std::string_view, LayerIndex>;

/// Layers by name; the workload must outlive it.
Names names_of(const Workload& workload) {
  Names names;
  for (LayerIndex layer = 0; layer < workload.size(); ++layer)
    names.emplace(workload.layer(layer).name, layer);
  return names;
}

/// The part of a mapping that concerns another workload on the same system, whose layers are all mapped.
Mapping restricted(const Problem& whole, const Mapping& mapping, const Problem& part) {
  const Names names = names_of(part.workload());
  Mapping rest = Mapping::none(part);
  std::vector<LayerIndex> in_whole(part.layers());
  for (AcceleratorIndex a = 0; a < whole.accelerators(); ++a) {
    for (const LayerIndex layer : mapping.order[a]) {
      const auto found = names.find(whole.workload().layer(layer).name);
      if (found == names.end()) continue;
      rest.append(found->second, a);
      rest.pinned[found->second] = mapping.pinned[layer];
      in_whole[found->second] = layer;
    }
  }
  for (TensorIndex t = 0; t < part.tensors(); ++t) {
    const Tensor& tensor = part.tensor(t);
    if (tensor.is_network_input()) continue;
    for (const TensorIndex same : whole.inputs(in_whole[tensor.consumer])) {
      const Tensor& other = whole.tensor(same);
      if (other.producer == in_whole[tensor.producer] && other.role == tensor.role)
        rest.fused[t] = mapping.fused[same];
    }
  }
  return rest;
}

std::size_t moved_layers(const Problem& before, const Mapping& from, const Problem& after,
                         const Mapping& to) {
  const Names names = names_of(before.workload());
  std::size_t moved = 0;
  for (LayerIndex layer = 0; layer < after.layers(); ++layer) {
    const auto found = names.find(after.workload().layer(layer).name);
    if (found != names.end() && from.accelerator[found->second] != to.accelerator[layer]) ++moved;
  }
  return moved;
}

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

/// Pinned weights that do not lie where the mapping has them.
std::int64_t bytes_to_load(const Problem& problem, const Mapping& mapping,
                           std::span<const AcceleratorIndex> places) {
  std::int64_t bytes = 0;
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    const AcceleratorIndex a = mapping.accelerator[layer];
    if (mapping.pinned[layer] != 0 && places[layer] != a) bytes += problem.cost(layer, a).weight_bytes;
  }
  return bytes;
}

/// Says for which part of a scenario the mapper fails.
template <typename Map>
auto at_phase(const ScenarioPhase& phase, const Map& map) {
  try {
    return map();
  } catch (const Error& error) {
    // What is wrong from the first frame on is no matter of what switches.
    if (error.kind() != ErrorKind::infeasible || phase.first_frame == 0 || !error.where().file.empty()) throw;
    throw Error(error.kind(), phase.where, error.message(), error.hint());
  }
}

/// Where layers run in every phase, and what lies in the DRAM.
class Planner {
 public:
  Planner(const FrameSequence& sequence, const Mapper& mapper, StepContext& context,
          const SequenceOptions& options)
      : sequence_(sequence),
        mapper_(mapper),
        context_(context),
        options_(options),
        store_(static_cast<AcceleratorIndex>(sequence.system->accelerators.size()), options.eviction) {}

  std::vector<PhaseRun> plan(std::vector<Mapping>& mappings) {
    std::vector<PhaseRun> phases;
    phases.reserve(sequence_.phases.size());
    for (std::size_t i = 0; i < sequence_.phases.size(); ++i) {
      PhaseRun& run = phases.emplace_back();
      run.phase = sequence_.phases[i];
      const std::size_t end =
          i + 1 < sequence_.phases.size() ? sequence_.phases[i + 1].first_frame : sequence_.arrivals_s.size();
      run.frames = end - run.phase.first_frame;
      run.begins_s = sequence_.arrivals_s[run.phase.first_frame];
      pose(run, phases);
      mappings.push_back(at_phase(run.phase, [&] { return map(run); }));
      latest_[sorted(run.phase.modalities)] = {run.problem, mappings.back()};
      if (i > 0) {
        const PhaseRun& before = phases[i - 1];
        run.layers_moved = moved_layers(*before.problem, mappings[i - 1], *run.problem, mappings[i]);
      }
      take_in(run, mappings.back(), i == 0);
    }
    return phases;
  }

 private:
  /// Phases with the same modalities on are one problem.
  void pose(PhaseRun& run, const std::vector<PhaseRun>& phases) const {
    const auto same = std::find_if(phases.begin(), phases.end(), [&](const PhaseRun& other) {
      return other.problem && other.phase.modalities == run.phase.modalities;
    });
    if (same != phases.end()) {
      run.workload = same->workload;
      run.problem = same->problem;
      return;
    }
    run.workload = std::make_shared<const Workload>(workload_of(*sequence_.workload, run.phase));
    run.problem = std::make_shared<const Problem>(at_phase(
        run.phase, [&] { return Problem(*run.workload, *sequence_.system, sequence_.activations); }));
  }

  Mapping map(PhaseRun& run) {
    const Problem& problem = *run.problem;
    if (options_.remap == Remap::keep) {
      if (!whole_problem_) map_whole(run);
      return restricted(*whole_problem_, whole_mapping_, problem);
    }
    if (options_.remap == Remap::cold) return searched(problem, run);
    const std::vector<AcceleratorIndex> places = store_.places(problem);
    const WarmProblem warm(problem, places);
    return better_than_before(run, places, warm.as_cold(searched(warm.problem(), run)));
  }

  /// The mapping found, or one by which all that is on ran before if that is no worse: it leaves the weights
  /// where they are too, and may order the layers better.
  Mapping better_than_before(PhaseRun& run, std::span<const AcceleratorIndex> places, Mapping found) {
    const Problem& problem = *run.problem;
    const std::vector<std::string> on = sorted(run.phase.modalities);
    std::vector<Mapping> candidates = {std::move(found)};
    for (const auto& [modalities, before] : latest_) {
      if (!std::includes(modalities.begin(), modalities.end(), on.begin(), on.end())) continue;
      Mapping known = restricted(*before.problem, before.mapping, problem);
      bool is_warm = true;
      for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
        if (places[layer] == Problem::kHost) continue;
        is_warm = is_warm && known.accelerator[layer] == places[layer] && known.pinned[layer] != 0;
      }
      if (is_warm) candidates.push_back(std::move(known));
    }
    const std::vector<double> latencies_s = context_.evaluator.latencies_s(problem, candidates);
    run.evaluations += candidates.size();
    // On a tie what loads less, and then what ran before.
    std::size_t best = 0;
    for (std::size_t i = 1; i < candidates.size(); ++i) {
      if (improves(latencies_s[best], latencies_s[i])) continue;
      const std::int64_t bytes = bytes_to_load(problem, candidates[i], places);
      const std::int64_t best_bytes = bytes_to_load(problem, candidates[best], places);
      if (improves(latencies_s[i], latencies_s[best]) || bytes < best_bytes ||
          (bytes == best_bytes && best == 0))
        best = i;
    }
    return std::move(candidates[best]);
  }

  /// Maps the whole model, once.
  void map_whole(PhaseRun& run) {
    whole_problem_ =
        std::make_unique<const Problem>(*sequence_.workload, *sequence_.system, sequence_.activations);
    whole_mapping_ = searched(*whole_problem_, run);
  }

  Mapping searched(const Problem& problem, PhaseRun& run) {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    StepResult result = run_chain(problem, mapper_, Mapping::none(problem), context_);
    run.search_s = std::chrono::duration<double>(Clock::now() - begin).count();
    run.evaluations = result.evaluations;
    run.exact = result.exact;
    run.note = std::move(result.note);
    refuse_excess(problem, result.mapping);
    return std::move(result.mapping);
  }

  void refuse_excess(const Problem& problem, const Mapping& mapping) const {
    if (!may_exceed_dram(mapper_)) return;
    for (const Violation& violation : check_mapping(problem, mapping)) {
      if (violation.rule != Violation::Rule::weights && violation.rule != Violation::Rule::dram) continue;
      throw Error(ErrorKind::infeasible, fmt::format("mapper '{}': {}", mapper_.name, violation.message),
                  "weights that come and go have to fit; take a mapper that keeps to the DRAM, such as h2h");
    }
  }

  void take_in(PhaseRun& run, const Mapping& mapping, bool is_first) {
    run.weights = store_.adopt(*run.problem, mapping);
    // A plain run finds its weights there.
    if (is_first && !options_.cold) {
      WeightStore::Change found;
      found.loads.assign(run.problem->layers(), 0);
      found.reused_bytes = run.weights.loaded_bytes;
      run.weights = std::move(found);
      store_.settle();
    }
    store_.run(run.frames);
    for (AcceleratorIndex a = 0; a < run.problem->accelerators(); ++a)
      run.buffered_bytes.push_back(store_.bytes_on(a));
    check_memory(run, mapping);
  }

  /// All that lies on an accelerator, used or not, beside the mapping's fused tensors.
  void check_memory(const PhaseRun& run, const Mapping& mapping) const {
    for (AcceleratorIndex a = 0; a < run.problem->accelerators(); ++a) {
      const Accelerator& device = sequence_.system->accelerators[a];
      std::int64_t idle_bytes = run.buffered_bytes[a];
      for (const LayerIndex layer : mapping.order[a]) {
        if (mapping.pinned[layer] != 0) idle_bytes -= run.problem->cost(layer, a).weight_bytes;
      }
      std::int64_t peak_bytes = idle_bytes;
      for (const std::int64_t used_bytes : dram_profile(*run.problem, mapping, a))
        peak_bytes = std::max(peak_bytes, idle_bytes + used_bytes);
      if (idle_bytes >= 0 && run.buffered_bytes[a] <= device.weight_budget_bytes &&
          peak_bytes <= device.dram_bytes)
        continue;
      throw Error(
          ErrorKind::internal,
          fmt::format("'{}' holds {} bytes of weights, {} of them idle, and up to {} in all; its share for "
                      "weights is {} and its DRAM {}",
                      device.name, run.buffered_bytes[a], idle_bytes, peak_bytes, device.weight_budget_bytes,
                      device.dram_bytes),
          "this is a defect of h2h-sim; please report it");
    }
  }

  const FrameSequence& sequence_;
  const Mapper& mapper_;
  StepContext& context_;
  const SequenceOptions& options_;
  WeightStore store_;

  /// What ran last with some modalities on, by their sorted names.
  struct Before {
    std::shared_ptr<const Problem> problem;
    Mapping mapping;
  };
  std::map<std::vector<std::string>, Before> latest_;

  // Of Remap::keep.
  std::unique_ptr<const Problem> whole_problem_;
  Mapping whole_mapping_;
};

Stream stream_of(const FrameSequence& sequence, Execution execution, const std::vector<PhaseRun>& phases,
                 const std::vector<Mapping>& mappings) {
  Stream stream;
  stream.execution = execution;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    stream.phases.push_back({phases[i].problem.get(), mappings[i], phases[i].weights.loads});
    for (std::size_t frame = 0; frame < phases[i].frames; ++frame)
      stream.frames.push_back(
          {static_cast<std::uint32_t>(i), sequence.arrivals_s[phases[i].phase.first_frame + frame]});
  }
  return stream;
}

/// Runs a stream past the checker. @param see gets each frame
StreamMeter metered(const Stream& stream, const SequenceJudge& judge, const FrameVisitor& see = {}) {
  StreamMeter meter(stream);
  StreamChecker checker(contention_of(*stream.phases.front().problem, judge.judging.replayed));
  judge.run(stream, [&](std::size_t frame, const Schedule& schedule) {
    const StreamPhase& phase = stream.phases[stream.frames[frame].phase];
    const std::vector<char> none;
    const std::vector<Violation> violations =
        checker.next(*phase.problem, phase.mapping, is_first_of_phase(stream, frame) ? phase.loads : none,
                     stream.frames[frame].arrival_s, schedule);
    if (!violations.empty()) {
      throw Error(ErrorKind::internal,
                  fmt::format("frame {} breaks rule '{}': {}", frame + 1, to_string(violations[0].rule),
                              violations[0].message),
                  "this is a defect of h2h-sim; please report it");
    }
    meter.add(frame, schedule);
    if (see) see(frame, schedule);
  });
  return meter;
}

/// Mappings that were judged before: phases often come back.
class KnownMappings {
 public:
  KnownMappings(const SequenceJudge& judge, const SequenceOptions& options, Execution execution)
      : judge_(judge), options_(options), execution_(execution) {}

  void judge_phase(PhaseRun& run, const Mapping& mapping, const std::vector<PhaseRun>& phases) {
    for (const std::size_t i : judged_) {
      const PhaseRun& other = phases[i];
      if (other.phase.modalities != run.phase.modalities || other.judgement->mapping != mapping) continue;
      run.judgement = other.judgement;
      run.sustainable_period_s = other.sustainable_period_s;
      return;
    }
    Judging warm = judge_.judging;
    warm.cold = false;
    run.judgement = std::make_shared<const Judgement>(h2h::judge(*run.problem, mapping, warm));
    if (options_.find_rate)
      run.sustainable_period_s = h2h::sustainable_period_s(*run.problem, mapping, execution_, judge_.run);
    judged_.push_back(static_cast<std::size_t>(&run - phases.data()));
  }

 private:
  const SequenceJudge& judge_;
  const SequenceOptions& options_;
  Execution execution_;
  std::vector<std::size_t> judged_;
};

void summarise(PhaseRun& phase, std::span<const double> latencies_s,
               const std::optional<double>& deadline_s) {
  const auto mine = latencies_s.subspan(phase.phase.first_frame, phase.frames);
  phase.latencies = latencies_of(mine);
  phase.first_s = mine.front();
  if (mine.size() > 1) phase.steady_s = latencies_of(mine.subspan(1)).median_s;
  if (deadline_s) {
    phase.deadline_misses = static_cast<std::size_t>(std::count_if(
        mine.begin(), mine.end(), [&](double latency_s) { return misses(latency_s, *deadline_s); }));
  }
}

/// Relative to the clock.
constexpr double kClockNoise = 1e-12;

/// What the frames would have taken with all weights there.
void find_losses(std::vector<PhaseRun>& phases, Stream stream, const SequenceJudge& judge,
                 std::span<const double> latencies_s) {
  const auto brings = [](const PhaseRun& run) { return run.weights.loaded_bytes > 0; };
  if (std::none_of(phases.begin(), phases.end(), brings)) return;
  for (StreamPhase& phase : stream.phases) phase.loads.clear();
  const StreamMeter without = metered(stream, judge);
  for (PhaseRun& phase : phases) {
    for (std::size_t i = 0; i < phase.frames; ++i) {
      const std::size_t frame = phase.phase.first_frame + i;
      // The last digits of replays depend on what went on before.
      const double lost_s = latencies_s[frame] - without.latencies_s()[frame];
      const double noise_s = kDecisionMargin * latencies_s[frame] + kClockNoise * without.end_s();
      if (std::abs(lost_s) > noise_s) phase.lost_s += lost_s;
    }
  }
}

/// A figure of all phases added up, in their order.
template <typename Figure>
auto total(const std::vector<PhaseRun>& phases, const Figure& figure) {
  decltype(figure(phases.front())) sum{};
  for (const PhaseRun& phase : phases) sum += figure(phase);
  return sum;
}

}  // namespace

std::string_view to_string(Remap remap) {
  switch (remap) {
    case Remap::warm:
      return "warm";
    case Remap::cold:
      return "cold";
    case Remap::keep:
      return "keep";
  }
  return "";
}

FrameSequence steady_sequence(const Workload& workload, const System& system, Activations activations,
                              std::vector<double> arrivals_s) {
  return {&workload, &system, activations, std::move(arrivals_s), {{0, workload.modalities(), "", {}}}};
}

FrameSequence sequence_of(const Scenario& scenario, const Workload& workload, const System& system,
                          Activations activations, std::uint64_t seed) {
  FrameSequence sequence{&workload, &system, activations, arrival_times(scenario, seed), {}};
  sequence.phases = phases_of(scenario, workload.modalities(), sequence.arrivals_s);
  return sequence;
}

std::size_t ScenarioRun::deadline_misses() const {
  return total(phases, [](const PhaseRun& phase) { return phase.deadline_misses; });
}

double ScenarioRun::lost_s() const {
  return total(phases, [](const PhaseRun& phase) { return phase.lost_s; });
}

std::int64_t ScenarioRun::loaded_bytes() const {
  return total(phases, [](const PhaseRun& phase) { return phase.weights.loaded_bytes; });
}

std::size_t ScenarioRun::layers_moved() const {
  return total(phases, [](const PhaseRun& phase) { return phase.layers_moved; });
}

std::optional<double> ScenarioRun::sustainable_period_s() const {
  std::optional<double> longest_s;
  for (const PhaseRun& phase : phases) {
    if (!phase.sustainable_period_s) return std::nullopt;
    longest_s = std::max(longest_s.value_or(0), *phase.sustainable_period_s);
  }
  return longest_s;
}

ScenarioRun run_sequence(const FrameSequence& sequence, const Mapper& mapper, StepContext& context,
                         const SequenceJudge& judge, const SequenceOptions& options) {
  ScenarioRun run;
  run.mapper = mapper.name;
  run.evaluator = context.evaluator.name();
  run.options = options;
  run.is_replay = judge.judging.replayed;
  run.arrivals_s = sequence.arrivals_s;

  std::vector<Mapping> mappings;
  run.phases = Planner(sequence, mapper, context, options).plan(mappings);
  run.execution = judge.execution;
  KnownMappings known(judge, options, run.execution);
  for (std::size_t i = 0; i < run.phases.size(); ++i)
    known.judge_phase(run.phases[i], mappings[i], run.phases);

  const Stream stream = stream_of(sequence, run.execution, run.phases, mappings);
  const StreamMeter meter = metered(stream, judge, [&](std::size_t, const Schedule& schedule) {
    if (options.keep_schedules) run.schedules.push_back(schedule);
  });
  run.latencies_s.assign(meter.latencies_s().begin(), meter.latencies_s().end());
  for (PhaseRun& phase : run.phases) summarise(phase, run.latencies_s, options.deadline_s);
  find_losses(run.phases, stream, judge, run.latencies_s);

  run.latencies = latencies_of(run.latencies_s);
  run.end_s = meter.end_s();
  run.throughput_Hz = meter.throughput_Hz();
  run.energy = meter.energy();
  run.accelerators = meter.accelerators();
  run.links = meter.links();
  return run;
}

}  // namespace h2h
