// SPDX-License-Identifier: Apache-2.0
#include <h2h/trace/timeline.hpp>

#include <algorithm>
#include <cassert>
#include <map>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace h2h {
namespace {

std::size_t lane_of(Stage stage) {
  return static_cast<std::size_t>(std::find(kLanes.begin(), kLanes.end(), stage) - kLanes.begin());
}

/// Adds the layers of a mapping, in file order.
void add_layers(Timeline& timeline, const Problem& problem, const Judgement& judgement) {
  const std::size_t first = timeline.layers.size();
  timeline.layers.reserve(first + problem.layers());
  for (LayerIndex i = 0; i < problem.layers(); ++i) {
    const Layer& layer = problem.workload().layer(i);
    timeline.layers.push_back({layer.name, layer.modality, layer.type(), judgement.mapping.accelerator[i],
                               judgement.mapping.pinned[i] != 0, false});
  }
  for (const LayerIndex layer : judgement.chain.layers) timeline.layers[first + layer].critical = true;
}

/// An execution may order the activities of an FPGA as it likes; a lane stands in order of time.
void sort_lanes(std::vector<Timeline::Fpga>& fpgas) {
  for (Timeline::Fpga& fpga : fpgas) {
    for (auto& lane : fpga.lanes) {
      std::stable_sort(lane.begin(), lane.end(), [](const Timeline::Bar& a, const Timeline::Bar& b) {
        return a.start_s < b.start_s || (a.start_s == b.start_s && a.end_s < b.end_s);
      });
    }
  }
}

/// What makes the tensor that @p input reads exist there: the producer's output where it comes from the host,
/// its computation where it is pulled from the FPGA.
const Activity& made_by(const Schedule& schedule, LayerIndex producer, const Activity& input) {
  if (input.source == Problem::kHost) return schedule.of(producer).back();
  return schedule.activities()[schedule.computation(producer)];
}

/// @param first_layer where the layers of its mapping begin
void add_activities(Timeline& timeline, const RanFrame& frame, LayerIndex first_layer) {
  const Problem& problem = *frame.problem;
  for (const Activity& activity : frame.schedule->activities()) {
    const AcceleratorIndex here = frame.mapping->accelerator[activity.layer];
    const bool has_producer =
        activity.stage == Stage::input && !problem.tensor(activity.tensor).is_network_input();
    const LayerIndex producer = has_producer ? problem.tensor(activity.tensor).producer : Timeline::kNoLayer;
    timeline.fpgas[here].lanes[lane_of(activity.stage)].push_back(
        {first_layer + activity.layer, activity.stage,
         has_producer ? first_layer + producer : Timeline::kNoLayer, activity.bytes, activity.start_s,
         activity.end_s});
    if (!has_producer || frame.mapping->accelerator[producer] == here) continue;
    const Activity& made = made_by(*frame.schedule, producer, activity);
    timeline.arrows.push_back(
        {first_layer + producer, first_layer + activity.layer, made.stage, made.end_s, activity.start_s});
  }
}

/// Adds FPGAs with their curves, the links that something crosses, and the power of all.
void add_system(Timeline& timeline, std::span<const RanFrame> frames, std::span<const WeightCurves> weights,
                std::span<const LinkUse> links) {
  const System& system = frames.front().problem->system();
  const std::vector<Curve> rates = link_rate_curves(frames);
  std::vector<Curve> power = power_curves(frames);
  std::vector<Curve> dram = dram_curves(frames, weights);
  timeline.power_W = system_power_curve(system, power, rates);
  for (AcceleratorIndex a = 0; a < system.accelerators.size(); ++a) {
    const Accelerator& device = system.accelerators[a];
    timeline.fpgas.push_back({device.name,
                              device.type.name(),
                              device.dram_bytes,
                              {},
                              std::move(dram[a]),
                              std::move(power[a]),
                              std::nullopt});
  }
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (links[i].bytes == 0) continue;
    const Link& link = system.links[i];
    timeline.links.push_back({link.name, link.bandwidth_Bps, links[i].bytes, links[i].busy_s, rates[i]});
  }
}

/// Frames of a run, and its phases, which refer to them.
struct RanSequence {
  std::vector<RanFrame> frames;
  std::vector<RanPhase> phases;

  explicit RanSequence(const ScenarioRun& run) {
    frames.reserve(run.schedules.size());
    for (const PhaseRun& phase : run.phases) {
      for (std::size_t i = 0; i < phase.frames; ++i)
        frames.push_back({phase.problem.get(), &phase.judgement->mapping, &run.schedules[frames.size()]});
      phases.push_back({std::span(frames).last(phase.frames), phase.begins_s, phase.buffered_bytes});
    }
  }
  RanSequence(const RanSequence&) = delete;
  RanSequence& operator=(const RanSequence&) = delete;
};

/// Layers and what they do. Phases that share their mapping share their layers.
void add_frames(Timeline& timeline, const ScenarioRun& run, std::span<const RanPhase> phases) {
  std::map<const Judgement*, LayerIndex> first_layers;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const Judgement& judgement = *run.phases[i].judgement;
    const auto [known, is_new] =
        first_layers.try_emplace(&judgement, static_cast<LayerIndex>(timeline.layers.size()));
    if (is_new) add_layers(timeline, *run.phases[i].problem, judgement);
    for (const RanFrame& frame : phases[i].frames) add_activities(timeline, frame, known->second);
  }
  sort_lanes(timeline.fpgas);
}

void add_phases(Timeline& timeline, const ScenarioRun& run) {
  for (std::size_t i = 0; i < run.phases.size(); ++i) {
    const PhaseRun& phase = run.phases[i];
    const bool is_last = i + 1 == run.phases.size();
    const std::vector<std::string>& on = phase.phase.modalities;
    timeline.phases.push_back({on.empty() ? "no modality" : fmt::format("{}", fmt::join(on, " ")),
                               phase.begins_s, is_last ? run.end_s : run.phases[i + 1].begins_s});
    if (i > 0)
      timeline.marks.push_back({change_between(run.phases[i - 1].phase, phase.phase), phase.begins_s});
  }
}

}  // namespace

double Timeline::extent_s() const {
  double extent_s = latency_s;
  for (const Mark& mark : marks) extent_s = std::max(extent_s, mark.time_s);
  return extent_s;
}

Timeline make_timeline(const Problem& problem, const Judgement& judgement, const std::string& name) {
  Timeline timeline;
  timeline.name = name;
  timeline.workload = problem.workload().name();
  timeline.platform = problem.system().name;
  timeline.latency_s = judgement.latency_s;
  const RanFrame frame{&problem, &judgement.mapping, &judgement.schedule};
  const RanPhase phase{{&frame, 1}, 0, pinned_bytes(problem, judgement.mapping)};
  add_system(timeline, phase.frames, weight_curves({&phase, 1}),
             link_use(problem, judgement.mapping, judgement.schedule));
  add_layers(timeline, problem, judgement);
  add_activities(timeline, frame, 0);
  sort_lanes(timeline.fpgas);
  timeline.marks.push_back({name, judgement.latency_s});
  return timeline;
}

Timeline make_timeline(const Problem& problem, const Run& run) {
  Timeline timeline = make_timeline(problem, run.result(), run.mapper);
  timeline.marks.clear();
  for (const StepOutcome& step : run.steps) timeline.marks.push_back({step.name, step.judgement.latency_s});
  return timeline;
}

Timeline make_timeline(const ScenarioRun& run) {
  assert(run.schedules.size() == run.arrivals_s.size());
  const Problem& problem = *run.phases.front().problem;
  Timeline timeline;
  timeline.name = run.mapper;
  timeline.workload = problem.workload().name();
  timeline.platform = problem.system().name;
  timeline.latency_s = run.end_s;
  const RanSequence ran(run);
  timeline.frames_under_way = frames_under_way_curve(ran.frames, run.arrivals_s);
  std::vector<WeightCurves> weights = weight_curves(ran.phases);
  add_system(timeline, ran.frames, weights, run.links);
  for (AcceleratorIndex a = 0; a < weights.size(); ++a) timeline.fpgas[a].weights = std::move(weights[a]);
  add_frames(timeline, run, ran.phases);
  add_phases(timeline, run);
  return timeline;
}

}  // namespace h2h
