// SPDX-License-Identifier: Apache-2.0
#include <h2h/scenario/weight_store.hpp>

#include <algorithm>
#include <unordered_map>

#include <h2h/mapping/locality.hpp>

namespace h2h {

std::string_view to_string(Eviction eviction) {
  switch (eviction) {
    case Eviction::lru:
      return "lru";
    case Eviction::largest:
      return "largest";
    case Eviction::least_valuable:
      return "least-valuable";
  }
  return "";
}

std::vector<AcceleratorIndex> WeightStore::places(const Problem& problem) const {
  struct Place {
    AcceleratorIndex accelerator;
    const Weights* weights;
  };
  std::unordered_map<std::string_view, Place> latest;
  for (AcceleratorIndex a = 0; a < held_.size(); ++a) {
    for (const Weights& weights : held_[a]) {
      const auto [known, is_new] = latest.try_emplace(weights.layer, Place{a, &weights});
      if (!is_new && weights.last_frame > known->second.weights->last_frame) known->second = {a, &weights};
    }
  }
  std::vector<AcceleratorIndex> places(problem.layers(), Problem::kHost);
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    const auto known = latest.find(problem.workload().layer(layer).name);
    if (known != latest.end()) places[layer] = known->second.accelerator;
  }
  return places;
}

WeightStore::Change WeightStore::adopt(const Problem& problem, const Mapping& mapping) {
  Change change;
  change.loads.assign(problem.layers(), 0);
  for (AcceleratorIndex a = 0; a < held_.size(); ++a) {
    take_in(problem, mapping, a, change);
    evict(problem, mapping, a, change);
  }
  return change;
}

void WeightStore::take_in(const Problem& problem, const Mapping& mapping, AcceleratorIndex accelerator,
                          Change& change) {
  std::vector<Weights>& here = held_[accelerator];
  std::unordered_map<std::string_view, std::size_t> known;
  for (std::size_t i = 0; i < here.size(); ++i) {
    here[i].in_use = false;
    known.emplace(here[i].layer, i);
  }
  std::vector<Weights> brought;
  for (const LayerIndex layer : mapping.order[accelerator]) {
    const Problem::LayerCost& cost = problem.cost(layer, accelerator);
    if (mapping.pinned[layer] == 0 || cost.weight_bytes == 0) continue;
    const std::string& name = problem.workload().layer(layer).name;
    if (const auto place = known.find(name); place != known.end()) {
      here[place->second].in_use = true;
      change.reused_bytes += cost.weight_bytes;
    } else {
      brought.push_back({name, cost.weight_bytes, cost.weights_s, true, true, frames_run_, 0});
      change.loads[layer] = 1;
      change.loaded_bytes += cost.weight_bytes;
      change.loaded_s += cost.weights_s;
      change.loaded_J += problem.system().accelerators[accelerator].active_W * cost.weights_s;
    }
  }
  here.insert(here.end(), brought.begin(), brought.end());
}

/// Whether @p a is to be kept rather than @p b.
bool WeightStore::is_worth_more(const Weights& a, const Weights& b) const {
  if (eviction_ == Eviction::largest && a.bytes != b.bytes) return a.bytes < b.bytes;
  if (eviction_ == Eviction::least_valuable && a.value() != b.value()) return a.value() > b.value();
  return a.last_frame > b.last_frame;
}

void WeightStore::evict(const Problem& problem, const Mapping& mapping, AcceleratorIndex accelerator,
                        Change& change) {
  std::vector<Weights>& here = held_[accelerator];
  const Accelerator& device = problem.system().accelerators[accelerator];
  std::int64_t pinned_bytes = 0;
  std::vector<std::size_t> idle;
  for (std::size_t i = 0; i < here.size(); ++i) {
    if (here[i].in_use) {
      pinned_bytes += here[i].bytes;
    } else {
      idle.push_back(i);
    }
  }
  const std::vector<std::int64_t> used = dram_profile(problem, mapping, accelerator);
  const std::int64_t peak_bytes = used.empty() ? 0 : *std::max_element(used.begin(), used.end());
  std::int64_t room_bytes =
      std::min(device.weight_budget_bytes - pinned_bytes, device.dram_bytes - peak_bytes);
  // Equally worthy ones stay in the order in which they came.
  std::stable_sort(idle.begin(), idle.end(),
                   [&](std::size_t a, std::size_t b) { return is_worth_more(here[a], here[b]); });
  std::vector<char> goes(here.size());
  for (const std::size_t i : idle) {
    if (here[i].bytes <= room_bytes) {
      room_bytes -= here[i].bytes;
      change.idle_bytes += here[i].bytes;
    } else {
      goes[i] = 1;
      change.evicted_bytes += here[i].bytes;
    }
  }
  std::vector<Weights> kept;
  for (std::size_t i = 0; i < here.size(); ++i) {
    if (goes[i] == 0) kept.push_back(std::move(here[i]));
  }
  here = std::move(kept);
}

void WeightStore::settle() {
  for (std::vector<Weights>& here : held_) {
    for (Weights& weights : here) weights.is_new = false;
  }
}

void WeightStore::run(std::size_t frames) {
  if (frames == 0) return;
  for (std::vector<Weights>& here : held_) {
    for (Weights& weights : here) {
      if (!weights.in_use) continue;
      weights.frames_used += weights.is_new ? frames - 1 : frames;
      weights.is_new = false;
      weights.last_frame = frames_run_ + frames;
    }
  }
  frames_run_ += frames;
}

std::int64_t WeightStore::bytes_on(AcceleratorIndex accelerator) const {
  std::int64_t bytes = 0;
  for (const Weights& weights : held_[accelerator]) bytes += weights.bytes;
  return bytes;
}

}  // namespace h2h
