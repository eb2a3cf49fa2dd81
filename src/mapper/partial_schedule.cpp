// SPDX-License-Identifier: Apache-2.0
#include <h2h/mapper/partial_schedule.hpp>

#include <algorithm>
#include <utility>

#include <h2h/mapper/ranks.hpp>

namespace h2h {

PartialSchedule::PartialSchedule(const Problem& problem, bool fills_gaps)
    : problem_(&problem),
      fills_gaps_(fills_gaps),
      nodes_(problem.layers()),
      devices_(problem.accelerators()),
      sole_consumer_(problem.layers(), kNone),
      by_free_(problem.kinds()) {
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    sole_consumer_[layer] = sole_consumer(problem, layer).value_or(kNone);
  }
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) by_free_[problem.kind(a)].push_back(a);
  changes_.reserve(problem.layers());
}

double PartialSchedule::latency_s() const {
  double latency_s = 0;
  for (const Node& node : nodes_) latency_s = std::max(latency_s, node.end_s);
  return latency_s;
}

bool PartialSchedule::reads(LayerIndex layer, LayerIndex producer) const {
  const auto inputs = problem_->inputs(layer);
  return std::any_of(inputs.begin(), inputs.end(),
                     [&](TensorIndex tensor) { return problem_->tensor(tensor).producer == producer; });
}

bool PartialSchedule::can_pin(LayerIndex layer, AcceleratorIndex accelerator) const {
  const std::int64_t bytes = problem_->cost(layer, accelerator).weight_bytes;
  const Accelerator& limits = problem_->system().accelerators[accelerator];
  const Device& device = devices_[accelerator];
  return bytes > 0 && device.pinned_bytes + bytes <= limits.weight_budget_bytes &&
         device.pinned_bytes + bytes + device.fused_peak_bytes <= limits.dram_bytes;
}

/// Whether the producer's output fits into the DRAM while producer and layer run.
bool PartialSchedule::can_fuse(LayerIndex layer, LayerIndex producer, bool pinned) const {
  const AcceleratorIndex accelerator = nodes_[producer].accelerator;
  std::int64_t bytes = devices_[accelerator].pinned_bytes + nodes_[producer].fused_input_bytes +
                       problem_->cost(producer, accelerator).output_bytes;
  if (pinned) bytes += problem_->cost(layer, accelerator).weight_bytes;
  return bytes <= problem_->system().accelerators[accelerator].dram_bytes;
}

/// Calls @p visit with each producer whose output goes to the host for this layer first.
template <typename Visit>
void PartialSchedule::for_stored_producers(LayerIndex layer, AcceleratorIndex accelerator, LayerIndex fused,
                                           const Visit& visit) const {
  LayerIndex last = kNone;
  for (const TensorIndex tensor : problem_->inputs(layer)) {
    const LayerIndex producer = problem_->tensor(tensor).producer;
    if (producer == Tensor::kNetworkInput || producer == fused || producer == last) continue;
    if (nodes_[producer].accelerator != accelerator || nodes_[producer].stored_for != kNone) continue;
    visit(producer);
    last = producer;
  }
}

/// Seconds of a layer up to its output, summed in the order of `layer_seconds()`; with the stores that it
/// pays.
double PartialSchedule::seconds(LayerIndex layer, AcceleratorIndex accelerator, bool pinned,
                                LayerIndex fused) const {
  const std::uint32_t kind = problem_->kind(accelerator);
  const Problem::LayerCost& cost = problem_->cost_on_kind(layer, kind);
  double seconds = pinned ? 0 : cost.weights_s;
  if (!problem_->is_direct()) {
    for (const TensorIndex tensor : problem_->inputs(layer)) {
      const LayerIndex producer = problem_->tensor(tensor).producer;
      if (fused == kNone || producer != fused) seconds += problem_->input_s_on_kind(tensor, kind);
    }
    return seconds + cost.compute_s;
  }
  for (const TensorIndex tensor : problem_->inputs(layer)) {
    const LayerIndex producer = problem_->tensor(tensor).producer;
    if (producer == Tensor::kNetworkInput) {
      seconds += problem_->input_s_on_kind(tensor, kind);
    } else if (fused == kNone || producer != fused) {
      const AcceleratorIndex from = problem_->source(nodes_[producer].accelerator, accelerator);
      seconds += problem_->transfer_s(tensor, is_placed(producer) ? from : Problem::kHost, accelerator);
    }
  }
  for_stored_producers(layer, accelerator, fused, [&](LayerIndex producer) {
    seconds += problem_->cost_on_kind(producer, kind).output_s;
  });
  return seconds + cost.compute_s;
}

/// Seconds of the output, as far as it is known to go to the host.
double PartialSchedule::output_s(LayerIndex layer, AcceleratorIndex accelerator) const {
  return problem_->is_stored_for_others(layer) ? problem_->cost(layer, accelerator).output_s : 0;
}

/// When the outputs of the placed producers, but for one, are stored.
double PartialSchedule::ready_s(LayerIndex layer, LayerIndex except) const {
  double ready_s = 0;
  for (const TensorIndex tensor : problem_->inputs(layer)) {
    const LayerIndex producer = problem_->tensor(tensor).producer;
    if (producer != Tensor::kNetworkInput && producer != except)
      ready_s = std::max(ready_s, nodes_[producer].end_s);
  }
  return ready_s;
}

/// The same if all of them could be fused: no layer starts earlier.
double PartialSchedule::gap_ready_s(LayerIndex layer) const {
  double ready_s = 0;
  for (const TensorIndex tensor : problem_->inputs(layer)) {
    const LayerIndex producer = problem_->tensor(tensor).producer;
    if (producer != Tensor::kNetworkInput) ready_s = std::max(ready_s, nodes_[producer].kept_end_s);
  }
  return ready_s;
}

/// As early as the predecessor and the inputs allow, whatever comes next.
Placement PartialSchedule::behind(LayerIndex layer, AcceleratorIndex accelerator,
                                  LayerIndex predecessor) const {
  Placement place{layer, accelerator, predecessor};
  place.pinned = can_pin(layer, accelerator);
  place.fused =
      predecessor != kNone && reads(layer, predecessor) && can_fuse(layer, predecessor, place.pinned);
  if (predecessor != kNone) {
    const Node& node = nodes_[predecessor];
    place.start_s = place.fused && sole_consumer_[predecessor] == layer ? node.kept_end_s : node.end_s;
  }
  // The predecessor's own end counts already, with or without its store.
  place.start_s = std::max(place.start_s, ready_s(layer, predecessor));
  place.end_s =
      place.start_s + (seconds(layer, accelerator, place.pinned, place.fused ? predecessor : kNone) +
                       output_s(layer, accelerator));
  return place;
}

/// The earliest gap between two layers that are not fused.
/// @param ready_s before which no gap needs to be looked at
std::optional<Placement> PartialSchedule::in_gap(LayerIndex layer, AcceleratorIndex accelerator,
                                                 double ready_s) const {
  std::optional<Placement> found;
  for (LayerIndex next = devices_[accelerator].last; next != kNone && nodes_[next].start_s > ready_s;
       next = nodes_[next].before) {
    const LayerIndex before = nodes_[next].before;
    // A layer that starts as its predecessor ends might wait for just that end, and would move if it fell.
    if (nodes_[next].fused || nodes_[next].start_s <= (before == kNone ? 0 : nodes_[before].end_s)) continue;
    const Placement place = behind(layer, accelerator, before);
    if (place.end_s <= nodes_[next].start_s) found = place;
  }
  return found;
}

Placement PartialSchedule::earliest(LayerIndex layer, AcceleratorIndex accelerator) const {
  const Placement last = behind(layer, accelerator, devices_[accelerator].last);
  if (!fills_gaps_) return last;
  const auto gap = in_gap(layer, accelerator, gap_ready_s(layer));
  return gap && gap->end_s < last.end_s ? *gap : last;
}

void PartialSchedule::list_placements(LayerIndex layer, std::size_t per_kind,
                                      std::vector<Placement>& places) const {
  places.clear();
  if (problem_->is_direct()) {
    // Where its producers are tells every accelerator from every other.
    for (const AcceleratorIndex a : problem_->candidates(layer))
      places.push_back(behind(layer, a, devices_[a].last));
    if (fills_gaps_) list_gaps(layer, per_kind, places);
    return;
  }
  const auto runs = [&](std::uint32_t kind) { return problem_->runs(layer, problem_->representative(kind)); };
  const double ready = ready_s(layer, kNone);
  for (std::uint32_t kind = 0; kind < problem_->kinds(); ++kind) {
    if (!runs(kind)) continue;
    const Problem::LayerCost& cost = problem_->cost_on_kind(layer, kind);
    const AcceleratorIndex one = problem_->representative(kind);
    const double pinned_s = seconds(layer, one, true, kNone) + cost.output_s;
    const double streamed_s = seconds(layer, one, false, kNone) + cost.output_s;
    // Of those that pin and of those that do not, the first to be free are the first to end.
    std::size_t pinning = 0;
    std::size_t streaming = 0;
    for (const AcceleratorIndex a : by_free_[kind]) {
      const Device& device = devices_[a];
      if (device.last != kNone && reads(layer, device.last)) continue;
      const bool pinned = can_pin(layer, a);
      if (!pinned && streaming == per_kind) continue;
      const double start_s = std::max(device.free_s, ready);
      places.push_back(
          {layer, a, device.last, pinned, false, start_s, start_s + (pinned ? pinned_s : streamed_s)});
      ++(pinned ? pinning : streaming);
      if (pinning == per_kind || (streaming == per_kind && cost.weight_bytes == 0)) break;
    }
  }
  const std::size_t first_fused = places.size();
  for (const TensorIndex tensor : problem_->inputs(layer)) {
    const LayerIndex producer = problem_->tensor(tensor).producer;
    if (producer == Tensor::kNetworkInput || !is_placed(producer)) continue;
    const AcceleratorIndex a = nodes_[producer].accelerator;
    if (devices_[a].last != producer || !problem_->runs(layer, a)) continue;
    const bool known = std::any_of(places.begin() + static_cast<std::ptrdiff_t>(first_fused), places.end(),
                                   [&](const Placement& place) { return place.accelerator == a; });
    if (!known) places.push_back(behind(layer, a, producer));
  }
  if (fills_gaps_) list_gaps(layer, per_kind, places);
}

void PartialSchedule::list_gaps(LayerIndex layer, std::size_t per_kind,
                                std::vector<Placement>& places) const {
  const double ready = gap_ready_s(layer);
  const auto is_earlier = [](const Placement& a, const Placement& b) {
    return std::pair(a.end_s, a.accelerator) < std::pair(b.end_s, b.accelerator);
  };
  for (std::uint32_t kind = 0; kind < problem_->kinds(); ++kind) {
    if (!problem_->runs(layer, problem_->representative(kind))) continue;
    const auto first = static_cast<std::ptrdiff_t>(places.size());
    for (const AcceleratorIndex a : by_free_[kind]) {
      const auto gap = in_gap(layer, a, ready);
      if (!gap) continue;
      places.push_back(*gap);
      if (places.size() - static_cast<std::size_t>(first) <= per_kind) continue;
      std::iter_swap(std::max_element(places.begin() + first, places.end(), is_earlier), places.end() - 1);
      places.pop_back();
    }
  }
}

/// Replaces what is known of an accelerator and keeps those of its kind in order.
void PartialSchedule::set_device(AcceleratorIndex accelerator, const Device& device) {
  std::vector<AcceleratorIndex>& list = by_free_[problem_->kind(accelerator)];
  const auto is_earlier = [&](AcceleratorIndex a, AcceleratorIndex b) {
    return std::pair(devices_[a].free_s, a) < std::pair(devices_[b].free_s, b);
  };
  const auto place = std::lower_bound(list.begin(), list.end(), accelerator, is_earlier);
  const bool later = device.free_s > devices_[accelerator].free_s;
  devices_[accelerator] = device;
  if (later) {
    std::rotate(place, place + 1, std::lower_bound(place + 1, list.end(), accelerator, is_earlier));
  } else {
    std::rotate(std::lower_bound(list.begin(), place, accelerator, is_earlier), place, place + 1);
  }
}

void PartialSchedule::place(const Placement& placement) {
  const auto& [layer, a, predecessor, pinned, fused, start_s, end_s] = placement;
  Device device = devices_[a];
  changes_.push_back({layer, predecessor == kNone ? 0 : nodes_[predecessor].end_s, device});

  Node& node = nodes_[layer];
  node.accelerator = a;
  node.before = predecessor;
  node.after = predecessor == kNone ? device.first : nodes_[predecessor].after;
  (node.before == kNone ? device.first : nodes_[node.before].after) = layer;
  (node.after == kNone ? device.last : nodes_[node.after].before) = layer;

  node.pinned = pinned;
  node.fused = fused;
  node.fused_input_bytes = 0;
  node.start_s = start_s;
  node.kept_end_s = start_s + seconds(layer, a, pinned, fused ? predecessor : kNone);
  node.end_s = end_s;
  if (problem_->is_direct()) {
    for_stored_producers(layer, a, fused ? predecessor : kNone,
                         [&](LayerIndex producer) { nodes_[producer].stored_for = layer; });
  }
  if (pinned) device.pinned_bytes += problem_->cost(layer, a).weight_bytes;
  if (fused) {
    Node& producer = nodes_[predecessor];
    node.fused_input_bytes = problem_->cost(predecessor, a).output_bytes;
    device.fused_peak_bytes =
        std::max(device.fused_peak_bytes, producer.fused_input_bytes + node.fused_input_bytes);
    if (sole_consumer_[predecessor] == layer) producer.end_s = producer.kept_end_s;
  }
  device.free_s = nodes_[device.last].end_s;
  set_device(a, device);
}

void PartialSchedule::undo() {
  const Change change = changes_.back();
  changes_.pop_back();
  Node& node = nodes_[change.layer];
  if (node.before != kNone) {
    nodes_[node.before].after = node.after;
    nodes_[node.before].end_s = change.behind_end_s;
  }
  if (node.after != kNone) nodes_[node.after].before = node.before;
  for (const TensorIndex tensor : problem_->inputs(change.layer)) {
    const LayerIndex producer = problem_->tensor(tensor).producer;
    if (producer != Tensor::kNetworkInput && nodes_[producer].stored_for == change.layer)
      nodes_[producer].stored_for = kNone;
  }
  set_device(node.accelerator, change.device);
  node = {};
}

Mapping PartialSchedule::mapping() const {
  Mapping mapping = Mapping::none(*problem_);
  for (AcceleratorIndex a = 0; a < problem_->accelerators(); ++a) {
    for (LayerIndex layer = devices_[a].first; layer != kNone; layer = nodes_[layer].after) {
      mapping.append(layer, a);
      mapping.pinned[layer] = nodes_[layer].pinned ? 1 : 0;
      if (!nodes_[layer].fused) continue;
      for (const TensorIndex tensor : problem_->inputs(layer)) {
        if (problem_->tensor(tensor).producer == nodes_[layer].before) mapping.fused[tensor] = 1;
      }
    }
  }
  return mapping;
}

}  // namespace h2h
