// SPDX-License-Identifier: Apache-2.0
#include <h2h/search/neighbourhood.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include <h2h/search/moves/layer_move.hpp>
#include <h2h/search/moves/modality_move.hpp>
#include <h2h/search/moves/pin_move.hpp>
#include <h2h/search/moves/segment_move.hpp>
#include <h2h/search/moves/shift_move.hpp>
#include <h2h/search/moves/swap_move.hpp>

namespace h2h {
namespace {

template <Move Type>
bool apply_if_valid(const Type& move, PlanSchedule& schedule) {
  if (!move.valid(schedule)) return false;
  move.apply(schedule);
  return true;
}

}  // namespace

Neighbourhood::Neighbourhood(const Problem& problem, std::uint64_t seed)
    : problem_(&problem), random_(random_from(seed)) {
  const std::vector<std::string> names = problem.workload().modalities();
  modalities_.resize(names.size());
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    const auto name = std::find(names.begin(), names.end(), problem.workload().layer(layer).modality);
    if (name != names.end()) modalities_[static_cast<std::size_t>(name - names.begin())].push_back(layer);
  }
}

LayerIndex Neighbourhood::draw_layer(const PlanSchedule& schedule) {
  constexpr double kFromChain = 0.6;
  if (!draw_chance(random_, kFromChain)) return draw_below(random_, problem_->layers());
  if (chain_.empty()) schedule.critical_chain(chain_);
  return draw_one<LayerIndex>(random_, chain_);
}

AcceleratorIndex Neighbourhood::draw_accelerator(const PlanSchedule& schedule, LayerIndex layer) {
  constexpr double kOfNeighbour = 0.4;
  if (draw_chance(random_, kOfNeighbour)) {
    const auto outputs = problem_->outputs(layer);
    const auto inputs = problem_->inputs(layer);
    const auto drawn = draw_below(random_, static_cast<std::uint32_t>(inputs.size() + outputs.size()));
    const LayerIndex neighbour = drawn < inputs.size()
                                     ? problem_->tensor(inputs[drawn]).producer
                                     : problem_->tensor(outputs[drawn - inputs.size()]).consumer;
    if (neighbour != Tensor::kNetworkInput && problem_->runs(layer, schedule.accelerator(neighbour))) {
      return schedule.accelerator(neighbour);
    }
  }
  return draw_one(random_, problem_->candidates(layer));
}

void Neighbourhood::draw_path(LayerIndex through) {
  constexpr double kLongest = 5;  // powers of two
  const auto length = static_cast<std::size_t>(std::exp2(draw_unit(random_) * kLongest) + 1);
  const std::size_t back = draw_below(random_, static_cast<std::uint32_t>(length));
  backwards_.clear();
  for (LayerIndex layer = through; backwards_.size() < back;) {
    const auto inputs = problem_->inputs(layer);
    layer = problem_->tensor(inputs[draw_below(random_, static_cast<std::uint32_t>(inputs.size()))]).producer;
    if (layer == Tensor::kNetworkInput) break;
    backwards_.push_back(layer);
  }
  path_.assign(backwards_.rbegin(), backwards_.rend());
  path_.push_back(through);
  while (path_.size() < length && !problem_->is_result(path_.back())) {
    path_.push_back(problem_->tensor(draw_one(random_, problem_->outputs(path_.back()))).consumer);
  }
}

bool Neighbourhood::move_layer(PlanSchedule& schedule) {
  const LayerIndex layer = draw_layer(schedule);
  return apply_if_valid(LayerMove{layer, draw_accelerator(schedule, layer)}, schedule);
}

bool Neighbourhood::move_segment(PlanSchedule& schedule) {
  const LayerIndex layer = draw_layer(schedule);
  const AcceleratorIndex to = draw_accelerator(schedule, layer);
  draw_path(layer);
  // As much of the path around the layer as the accelerator runs.
  const auto runs = [&](LayerIndex other) { return problem_->runs(other, to); };
  const auto at = std::find(path_.begin(), path_.end(), layer);
  const auto begin = std::find_if_not(std::make_reverse_iterator(at), path_.rend(), runs).base();
  const auto end = std::find_if_not(at, path_.end(), runs);
  return apply_if_valid(SegmentMove{{begin, end}, to, draw_chance(random_, 0.5)}, schedule);
}

bool Neighbourhood::move_modality(PlanSchedule& schedule) {
  if (modalities_.empty()) return false;
  const std::vector<LayerIndex>& layers = draw_one<std::vector<LayerIndex>>(random_, modalities_);
  const LayerIndex layer = draw_one<LayerIndex>(random_, layers);
  return apply_if_valid(ModalityMove{layers, schedule.accelerator(layer), draw_accelerator(schedule, layer)},
                        schedule);
}

bool Neighbourhood::swap_segments(PlanSchedule& schedule) {
  const LayerIndex layer = draw_layer(schedule);
  const std::uint32_t first = schedule.position(layer);
  constexpr std::uint32_t kLongest = 32;
  const std::uint32_t last = std::min(first + draw_below(random_, kLongest), problem_->layers() - 1);
  return apply_if_valid(SwapMove{schedule.accelerator(layer), draw_accelerator(schedule, layer), first, last},
                        schedule);
}

bool Neighbourhood::assign_path(PlanSchedule& schedule) {
  draw_path(draw_layer(schedule));
  constexpr std::uint32_t kMostChoices = 16;
  choices_.clear();
  if (problem_->accelerators() <= kMostChoices) {
    choices_.resize(problem_->accelerators());
    std::iota(choices_.begin(), choices_.end(), AcceleratorIndex{0});
  } else {
    for (std::uint32_t i = 0; i < kMostChoices; ++i) {
      const LayerIndex layer = draw_one<LayerIndex>(random_, path_);
      choices_.push_back(i % 2 == 0 ? schedule.accelerator(layer)
                                    : draw_one(random_, problem_->candidates(layer)));
    }
    std::sort(choices_.begin(), choices_.end());
    choices_.erase(std::unique(choices_.begin(), choices_.end()), choices_.end());
  }
  prices_.clear();
  const double spread = 3 * draw_unit(random_);
  for (std::size_t i = 0; i < choices_.size(); ++i)
    prices_.push_back(std::exp(spread * (draw_unit(random_) - 0.5)));
  const auto to = assignment_.solve(schedule, path_, choices_, prices_);
  return !to.empty() && apply_if_valid(PathMove{path_, to, draw_chance(random_, 0.5)}, schedule);
}

bool Neighbourhood::shift_layer(PlanSchedule& schedule) {
  const LayerIndex layer = draw_layer(schedule);
  const std::uint32_t earliest = schedule.earliest(layer);
  const std::uint32_t range = schedule.latest(layer) - earliest + 1;
  return apply_if_valid(ShiftMove{layer, earliest + draw_below(random_, range)}, schedule);
}

bool Neighbourhood::exchange_pins(PlanSchedule& schedule) {
  const auto unpinned = schedule.unpinned(schedule.accelerator(draw_layer(schedule)));
  if (unpinned.empty()) return false;
  return apply_if_valid(PinMove{draw_one(random_, unpinned), draw_below(random_, problem_->layers())},
                        schedule);
}

void Neighbourhood::draw_group(const PlanSchedule& schedule, std::uint32_t size,
                               std::vector<LayerIndex>& group) {
  group.clear();
  const LayerIndex layer = draw_layer(schedule);
  const std::uint32_t kind = draw_below(random_, 3);
  if (kind == 0) {
    draw_path(layer);
    group.assign(path_.begin(),
                 path_.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(size, path_.size())));
    return;
  }
  const std::string& modality = problem_->workload().layer(layer).modality;
  constexpr std::uint32_t kStretch = 4;
  const std::uint32_t first = schedule.position(layer);
  const std::uint32_t end = std::min(first + (kind == 1 ? size : kStretch * size), problem_->layers());
  for (std::uint32_t i = first; i < end && group.size() < size; ++i) {
    const LayerIndex one = schedule.plan().sequence[i];
    if (kind == 1 || problem_->workload().layer(one).modality == modality) group.push_back(one);
  }
}

bool Neighbourhood::disturb(PlanSchedule& schedule) {
  // Shares in 100: what found the best mappings of the shipped workloads in equal time.
  const std::uint32_t drawn = draw_below(random_, 100);
  if (drawn < 20) return move_layer(schedule);
  if (drawn < 50) return move_segment(schedule);
  if (drawn < 65) return assign_path(schedule);
  if (drawn < 80) return shift_layer(schedule);
  if (drawn < 92) return exchange_pins(schedule);
  if (drawn < 96) return swap_segments(schedule);
  return move_modality(schedule);
}

}  // namespace h2h
