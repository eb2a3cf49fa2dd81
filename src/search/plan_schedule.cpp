// SPDX-License-Identifier: Apache-2.0
#include <h2h/search/plan_schedule.hpp>

#include <algorithm>
#include <cassert>

#include <h2h/schedule/bounds.hpp>

namespace h2h {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr std::uint32_t kLeastStride = 16;

}  // namespace

PlanSchedule::PlanSchedule(const Problem& problem, Plan plan, Objective objective, LocalityRules::Scope scope)
    : problem_(&problem),
      plan_(std::move(plan)),
      objective_(objective),
      resident_(scope == LocalityRules::Scope::resident),
      position_(problem.layers()),
      nodes_(problem.layers()),
      kept_nodes_(problem.layers()),
      tail_s_(least_tails_s(problem)),
      unpinned_(problem.accelerators()),
      unpinned_place_(problem.layers()),
      stride_(std::max(kLeastStride, problem.accelerators())),
      last_(problem.accelerators(), kNone) {
  for (const Accelerator& accelerator : problem.system().accelerators) {
    budget_bytes_.push_back(std::min(accelerator.weight_budget_bytes, accelerator.dram_bytes));
    dram_bytes_.push_back(accelerator.dram_bytes);
  }
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    for (std::uint32_t kind = 0; kind < problem.kinds(); ++kind) {
      largest_output_bytes_ = std::max(largest_output_bytes_, problem.cost_on_kind(layer, kind).output_bytes);
    }
  }
  if (objective_.needs_energy()) {
    energy_J_of_.resize(problem.layers());
    kept_energy_J_of_.resize(problem.layers());
  }
  find_sole_consumers();
  snapshots_.resize((problem.layers() / stride_ + 1) * static_cast<std::size_t>(problem.accelerators()),
                    kNone);
  take_stock();
}

void PlanSchedule::replace(Plan plan) {
  plan_ = std::move(plan);
  take_stock();
}

/// Everything that follows from the plan.
void PlanSchedule::take_stock() {
  pinned_bytes_.assign(problem_->accelerators(), 0);
  output_bytes_.assign(problem_->accelerators(), 0);
  for (std::vector<LayerIndex>& list : unpinned_) list.clear();
  for (std::uint32_t i = 0; i < plan_.sequence.size(); ++i) position_[plan_.sequence[i]] = i;
  for (LayerIndex layer = 0; layer < problem_->layers(); ++layer) {
    const AcceleratorIndex a = plan_.accelerator[layer];
    const Problem::LayerCost& cost = problem_->cost(layer, a);
    output_bytes_[a] += cost.output_bytes;
    if (cost.weight_bytes == 0) plan_.pinned[layer] = 0;
    if (plan_.pinned[layer] != 0) {
      pinned_bytes_[a] += cost.weight_bytes;
    } else if (cost.weight_bytes > 0) {
      note_unpinned(layer);
    }
  }
  std::fill(snapshots_.begin(), snapshots_.end(), kNone);
  first_changed_ = 0;
  renew_snapshots();
  value();
  commit();
}

/// The layer that reads all tensors of another, if there is just one.
void PlanSchedule::find_sole_consumers() {
  sole_consumer_.assign(problem_->layers(), kNone);
  for (LayerIndex layer = 0; layer < problem_->layers(); ++layer) {
    const auto outputs = problem_->outputs(layer);
    if (outputs.empty()) continue;
    const LayerIndex first = problem_->tensor(outputs.front()).consumer;
    const bool sole = std::all_of(outputs.begin(), outputs.end(), [&](TensorIndex tensor) {
      return problem_->tensor(tensor).consumer == first;
    });
    if (sole) sole_consumer_[layer] = first;
  }
}

std::uint32_t PlanSchedule::earliest(LayerIndex layer) const {
  std::uint32_t earliest = 0;
  for (const TensorIndex tensor : problem_->inputs(layer)) {
    const LayerIndex producer = problem_->tensor(tensor).producer;
    if (producer != Tensor::kNetworkInput) earliest = std::max(earliest, position_[producer] + 1);
  }
  return earliest;
}

std::uint32_t PlanSchedule::latest(LayerIndex layer) const {
  std::uint32_t latest = problem_->layers();
  for (const TensorIndex tensor : problem_->outputs(layer))
    latest = std::min(latest, position_[problem_->tensor(tensor).consumer]);
  return latest - 1;
}

/// What the DRAM holds of tensors may depend on all bytes on the accelerator.
void PlanSchedule::bytes_changed(AcceleratorIndex accelerator) {
  const bool tight = pinned_bytes_[accelerator] + 2 * largest_output_bytes_ > dram_bytes_[accelerator];
  if (tight || resident_) changed_from(0);
}

void PlanSchedule::note_unpinned(LayerIndex layer) {
  std::vector<LayerIndex>& list = unpinned_[plan_.accelerator[layer]];
  unpinned_place_[layer] = static_cast<std::uint32_t>(list.size());
  list.push_back(layer);
}

void PlanSchedule::forget_unpinned(LayerIndex layer) {
  std::vector<LayerIndex>& list = unpinned_[plan_.accelerator[layer]];
  const LayerIndex moved = list.back();
  list[unpinned_place_[layer]] = moved;
  unpinned_place_[moved] = unpinned_place_[layer];
  list.pop_back();
}

void PlanSchedule::set_pinned(LayerIndex layer, bool pinned) {
  const AcceleratorIndex a = plan_.accelerator[layer];
  const std::int64_t bytes = problem_->cost(layer, a).weight_bytes;
  bytes_changed(a);
  plan_.pinned[layer] = pinned ? 1 : 0;
  pinned_bytes_[a] += pinned ? bytes : -bytes;
  bytes_changed(a);
  if (pinned) {
    forget_unpinned(layer);
  } else {
    note_unpinned(layer);
  }
  changed_from(position_[layer]);
}

void PlanSchedule::pin(LayerIndex layer) {
  assert(plan_.pinned[layer] == 0 &&
         weight_bytes(layer, accelerator(layer)) <= room_bytes(accelerator(layer)));
  set_pinned(layer, true);
  changes_.push_back({Change::What::pin, layer, 0});
}

void PlanSchedule::unpin(LayerIndex layer) {
  assert(plan_.pinned[layer] != 0);
  set_pinned(layer, false);
  changes_.push_back({Change::What::unpin, layer, 0});
}

/// @pre not pinned
void PlanSchedule::place(LayerIndex layer, AcceleratorIndex to) {
  const AcceleratorIndex from = plan_.accelerator[layer];
  output_bytes_[from] -= problem_->cost(layer, from).output_bytes;
  output_bytes_[to] += problem_->cost(layer, to).output_bytes;
  const bool has_weights = problem_->cost(layer, from).weight_bytes > 0;
  if (has_weights) forget_unpinned(layer);
  plan_.accelerator[layer] = to;
  if (problem_->is_direct()) producers_changed(layer);
  if (has_weights) note_unpinned(layer);
  if (resident_) changed_from(0);
  changed_from(position_[layer]);
}

void PlanSchedule::assign(LayerIndex layer, AcceleratorIndex to) {
  assert(problem_->runs(layer, to));
  const AcceleratorIndex from = plan_.accelerator[layer];
  if (from == to) return;
  if (plan_.pinned[layer] != 0) unpin(layer);
  place(layer, to);
  changes_.push_back({Change::What::accelerator, layer, from});
  const std::int64_t bytes = weight_bytes(layer, to);
  if (bytes > 0 && bytes <= room_bytes(to)) pin(layer);
}

void PlanSchedule::put(LayerIndex layer, std::uint32_t to) {
  const std::uint32_t from = position_[layer];
  const auto begin = plan_.sequence.begin();
  if (from < to) {
    std::rotate(begin + from, begin + from + 1, begin + to + 1);
  } else {
    std::rotate(begin + to, begin + from, begin + from + 1);
  }
  for (std::uint32_t i = std::min(from, to); i <= std::max(from, to); ++i) position_[plan_.sequence[i]] = i;
  changed_from(std::min(from, to));
}

void PlanSchedule::shift(LayerIndex layer, std::uint32_t to) {
  assert(earliest(layer) <= to && to <= latest(layer));
  const std::uint32_t from = position_[layer];
  if (from == to) return;
  put(layer, to);
  changes_.push_back({Change::What::shift, layer, from});
}

bool PlanSchedule::all_consumers_on(LayerIndex layer, AcceleratorIndex accelerator) const {
  const auto outputs = problem_->outputs(layer);
  return !outputs.empty() && std::all_of(outputs.begin(), outputs.end(), [&](TensorIndex tensor) {
    return plan_.accelerator[problem_->tensor(tensor).consumer] == accelerator;
  });
}

bool PlanSchedule::some_consumer_on(LayerIndex layer, AcceleratorIndex accelerator) const {
  const auto outputs = problem_->outputs(layer);
  return std::any_of(outputs.begin(), outputs.end(), [&](TensorIndex tensor) {
    return plan_.accelerator[problem_->tensor(tensor).consumer] == accelerator;
  });
}

/// Whether a layer alone, of those on its accelerator, reads another's output.
bool PlanSchedule::is_sole_reader(LayerIndex reader, LayerIndex layer, AcceleratorIndex accelerator) const {
  const auto outputs = problem_->outputs(layer);
  return std::all_of(outputs.begin(), outputs.end(), [&](TensorIndex tensor) {
    const LayerIndex consumer = problem_->tensor(tensor).consumer;
    return consumer == reader || plan_.accelerator[consumer] != accelerator;
  });
}

/// Under direct activations where a layer runs decides on whether its producers' outputs go to the host.
void PlanSchedule::producers_changed(LayerIndex layer) {
  for (const TensorIndex tensor : problem_->inputs(layer)) {
    const LayerIndex producer = problem_->tensor(tensor).producer;
    if (producer != Tensor::kNetworkInput) changed_from(position_[producer]);
  }
}

// Sums in the order of layer_seconds(), on which bit-wise equality rests.
template <bool resident, bool with_energy, bool direct>
double PlanSchedule::walk(double limit) {
  const double latency_limit_s = with_energy ? kNever : limit;
  std::uint32_t position = walked_from_;
  double energy_J = with_energy && position > 0 ? energy_J_of_[position - 1] : 0;
  for (; position < plan_.sequence.size(); ++position) {
    const LayerIndex layer = plan_.sequence[position];
    const AcceleratorIndex a = plan_.accelerator[layer];
    const std::uint32_t kind = problem_->kind(a);
    const Problem::LayerCost& cost = problem_->cost_on_kind(layer, kind);
    const LayerIndex before = last_[a];
    const bool roomy = resident && is_roomy(a);
    double start_s = 0;
    double seconds = plan_.pinned[layer] != 0 ? 0 : cost.weights_s;
    bool follows = false;  // the tensor of the layer before stays
    std::int64_t held_bytes = 0;
    for (const TensorIndex tensor : problem_->inputs(layer)) {
      const LayerIndex producer = problem_->tensor(tensor).producer;
      if (producer == Tensor::kNetworkInput) {
        seconds += problem_->input_s_on_kind(tensor, kind);
        continue;
      }
      if (producer == before) {
        const std::int64_t bytes = problem_->cost_on_kind(before, kind).output_bytes;
        if (follows || roomy || pinned_bytes_[a] + nodes_[before].held_bytes + bytes <= dram_bytes_[a]) {
          follows = true;
          held_bytes = bytes;
          continue;
        }
      }
      // What is on this accelerator and goes to the host has done so before the layer starts.
      start_s = std::max(start_s, direct ? nodes_[producer].end_s : nodes_[producer].stored_end_s);
      if (roomy && plan_.accelerator[producer] == a) continue;
      if constexpr (direct) {
        seconds += problem_->transfer_s(tensor, problem_->source(plan_.accelerator[producer], a), a);
      } else {
        seconds += problem_->input_s_on_kind(tensor, kind);
      }
    }
    seconds += cost.compute_s;
    if (before != kNone) {
      const bool unstored =
          follows && (direct ? is_sole_reader(layer, before, a) : sole_consumer_[before] == layer);
      start_s = std::max(start_s, unstored ? nodes_[before].end_s : nodes_[before].stored_end_s);
      if (with_energy && unstored && !(resident && roomy)) {
        energy_J -=
            problem_->system().accelerators[a].active_W * problem_->cost_on_kind(before, kind).output_s;
      }
    }
    Node& node = nodes_[layer];
    node.before = before;
    node.held_bytes = held_bytes;
    node.start_s = start_s;
    node.end_s = start_s + seconds;
    const bool stays = direct ? !problem_->is_result(layer) && (roomy || !some_consumer_on(layer, a))
                              : roomy && all_consumers_on(layer, a);
    const double stored_seconds = stays ? seconds : seconds + cost.output_s;
    node.stored_end_s = start_s + stored_seconds;
    if (with_energy) {
      energy_J += problem_->system().accelerators[a].active_W * stored_seconds;
      energy_J_of_[position] = energy_J;
    }
    last_[a] = layer;
    if (node.end_s + tail_s_[static_cast<std::size_t>(layer) * problem_->kinds() + kind] >= latency_limit_s) {
      walked_to_ = position + 1;
      return kNever;
    }
  }
  walked_to_ = position;
  double latency_s = -1;  // so that a network that takes no time has a last layer, too
  for (const LayerIndex layer : last_) {
    if (layer == kNone || nodes_[layer].stored_end_s <= latency_s) continue;
    latency_s = nodes_[layer].stored_end_s;
    final_layer_ = layer;
  }
  const double value = with_energy ? objective_.value(latency_s, energy_J) : latency_s;
  if (value >= limit) return kNever;
  latency_s_ = latency_s;
  energy_J_ = energy_J;
  return value;
}

double PlanSchedule::value(double limit) {
  const std::uint32_t snapshot = std::min(first_changed_, problem_->layers() - 1) / stride_;
  walked_from_ = snapshot * stride_;
  const auto at = snapshots_.begin() + static_cast<std::ptrdiff_t>(snapshot) * problem_->accelerators();
  std::copy(at, at + problem_->accelerators(), last_.begin());
  value_ = problem_->is_direct() ? walk_all<true>(limit) : walk_all<false>(limit);
  return value_;
}

template <bool direct>
double PlanSchedule::walk_all(double limit) {
  const bool with_energy = objective_.needs_energy();
  if (resident_) return with_energy ? walk<true, true, direct>(limit) : walk<true, false, direct>(limit);
  return with_energy ? walk<false, true, direct>(limit) : walk<false, false, direct>(limit);
}

void PlanSchedule::renew_snapshots() {
  const std::uint32_t first = std::min(first_changed_, problem_->layers() - 1) / stride_;
  const std::uint32_t accelerators = problem_->accelerators();
  std::copy_n(snapshots_.begin() + static_cast<std::ptrdiff_t>(first) * accelerators, accelerators,
              last_.begin());
  for (std::uint32_t position = first * stride_; position < plan_.sequence.size(); ++position) {
    if (position % stride_ == 0) {
      std::copy(last_.begin(), last_.end(),
                snapshots_.begin() + static_cast<std::ptrdiff_t>(position / stride_) * accelerators);
    }
    last_[plan_.accelerator[plan_.sequence[position]]] = plan_.sequence[position];
  }
}

/// Copies what the walk has changed. @pre both agree on the rest
void PlanSchedule::copy_walked(const std::vector<Node>& nodes, std::vector<Node>& to) const {
  // One block is faster than many single nodes.
  if (2 * (walked_to_ - walked_from_) > nodes.size()) {
    std::copy(nodes.begin(), nodes.end(), to.begin());
    return;
  }
  for (std::uint32_t i = walked_from_; i < walked_to_; ++i) to[plan_.sequence[i]] = nodes[plan_.sequence[i]];
}

/// The same of energies, which stand by position.
void PlanSchedule::copy_walked(const std::vector<double>& energy_J_of, std::vector<double>& to) const {
  if (!objective_.needs_energy()) return;
  std::copy(energy_J_of.begin() + walked_from_, energy_J_of.begin() + walked_to_, to.begin() + walked_from_);
}

void PlanSchedule::commit() {
  assert(walked_to_ == plan_.sequence.size());
  copy_walked(nodes_, kept_nodes_);
  copy_walked(energy_J_of_, kept_energy_J_of_);
  renew_snapshots();
  changes_.clear();
  kept_value_ = value_;
  kept_final_layer_ = final_layer_;
  first_changed_ = problem_->layers();
  walked_to_ = walked_from_;
}

void PlanSchedule::rollback() {
  copy_walked(kept_nodes_, nodes_);
  copy_walked(kept_energy_J_of_, energy_J_of_);
  walked_to_ = walked_from_;
  for (; !changes_.empty(); changes_.pop_back()) {
    const Change& change = changes_.back();
    switch (change.what) {
      case Change::What::accelerator:
        place(change.layer, change.old);
        break;
      case Change::What::pin:
        set_pinned(change.layer, false);
        break;
      case Change::What::unpin:
        set_pinned(change.layer, true);
        break;
      case Change::What::shift:
        put(change.layer, change.old);
        break;
    }
  }
  value_ = kept_value_;
  final_layer_ = kept_final_layer_;
  first_changed_ = problem_->layers();
}

void PlanSchedule::critical_chain(std::vector<LayerIndex>& chain) const {
  chain.clear();
  LayerIndex layer = kept_final_layer_;
  while (layer != kNone) {
    chain.push_back(layer);
    const Node& node = nodes_[layer];
    LayerIndex next = node.before;
    for (const TensorIndex tensor : problem_->inputs(layer)) {
      const LayerIndex producer = problem_->tensor(tensor).producer;
      if (producer == Tensor::kNetworkInput || producer == node.before) continue;
      const Node& other = nodes_[producer];
      if ((problem_->is_direct() ? other.end_s : other.stored_end_s) == node.start_s) next = producer;
    }
    layer = node.start_s > 0 ? next : kNone;
  }
}

}  // namespace h2h
