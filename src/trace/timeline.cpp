// SPDX-License-Identifier: Apache-2.0
#include <h2h/trace/timeline.hpp>

#include <algorithm>
#include <span>
#include <utility>

namespace h2h {
namespace {

std::size_t lane_of(Stage stage) {
  return static_cast<std::size_t>(std::find(kLanes.begin(), kLanes.end(), stage) - kLanes.begin());
}

std::vector<Timeline::Layer> layers_of(const Problem& problem, const Judgement& judgement) {
  std::vector<Timeline::Layer> layers;
  layers.reserve(problem.layers());
  for (LayerIndex i = 0; i < problem.layers(); ++i) {
    const Layer& layer = problem.workload().layer(i);
    layers.push_back({layer.name, layer.modality, layer.type(), judgement.mapping.accelerator[i],
                      judgement.mapping.pinned[i] != 0, false});
  }
  for (const LayerIndex layer : judgement.chain.layers) layers[layer].critical = true;
  return layers;
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

void add_activities(Timeline& timeline, const Problem& problem, const Judgement& judgement) {
  const Schedule& schedule = judgement.schedule;
  for (const Activity& activity : schedule.activities()) {
    const AcceleratorIndex here = judgement.mapping.accelerator[activity.layer];
    LayerIndex producer = Timeline::kNoLayer;
    if (activity.stage == Stage::input && !problem.tensor(activity.tensor).is_network_input())
      producer = problem.tensor(activity.tensor).producer;
    timeline.fpgas[here].lanes[lane_of(activity.stage)].push_back(
        {activity.layer, activity.stage, producer, activity.bytes, activity.start_s, activity.end_s});
    if (producer == Timeline::kNoLayer || judgement.mapping.accelerator[producer] == here) continue;
    const Activity& made = made_by(schedule, producer, activity);
    timeline.arrows.push_back({producer, activity.layer, made.stage, made.end_s, activity.start_s});
  }
  sort_lanes(timeline.fpgas);
}

void add_links(Timeline& timeline, const Problem& problem, const Judgement& judgement,
               const std::vector<Curve>& rates) {
  const std::vector<LinkUse> use = link_use(problem, judgement.mapping, judgement.schedule);
  for (std::size_t i = 0; i < use.size(); ++i) {
    if (use[i].bytes == 0) continue;
    const Link& link = problem.system().links[i];
    timeline.links.push_back({link.name, link.bandwidth_Bps, use[i].bytes, use[i].busy_s, rates[i]});
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
  timeline.layers = layers_of(problem, judgement);
  const std::vector<Curve> rates = link_rate_curves(problem, judgement.mapping, judgement.schedule);
  std::vector<Curve> power = power_curves(problem, judgement.mapping, judgement.schedule);
  std::vector<Curve> dram = dram_curves(problem, judgement.mapping, judgement.schedule);
  timeline.power_W = system_power_curve(problem, power, rates);
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
    const Accelerator& device = problem.system().accelerators[a];
    timeline.fpgas.push_back(
        {device.name, device.type.name(), device.dram_bytes, {}, std::move(dram[a]), std::move(power[a])});
  }
  add_activities(timeline, problem, judgement);
  add_links(timeline, problem, judgement, rates);
  timeline.marks.push_back({name, judgement.latency_s});
  return timeline;
}

Timeline make_timeline(const Problem& problem, const Run& run) {
  Timeline timeline = make_timeline(problem, run.result(), run.mapper);
  timeline.marks.clear();
  for (const StepOutcome& step : run.steps) timeline.marks.push_back({step.name, step.judgement.latency_s});
  return timeline;
}

}  // namespace h2h
