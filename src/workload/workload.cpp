// SPDX-License-Identifier: Apache-2.0
#include <h2h/workload/workload.hpp>

#include <algorithm>
#include <queue>
#include <stdexcept>
#include <unordered_map>

#include <fmt/format.h>

#include <h2h/base/text.hpp>

#include "shapes.hpp"

namespace h2h {
namespace {

using Graph = Workload::Graph;

[[noreturn]] void refuse(const Location& where, const std::string& layer, const std::string& message,
                         const std::string& hint = {}) {
  throw Error(ErrorKind::input, where, fmt::format("layer '{}': {}", layer, message), hint);
}

Location place(const std::vector<Location>& places, std::size_t index, const Location& otherwise) {
  return index < places.size() ? places[index] : otherwise;
}

/// Every number that describes a layer; one overload a layer type.
struct Sizes {
  using List = std::vector<std::int64_t>;
  List operator()(const Conv& c) const {
    return {c.out_channels, c.in_channels,   c.out_height,   c.out_width, c.kernel_height,
            c.kernel_width, c.stride_height, c.stride_width, c.groups};
  }
  List operator()(const FullyConnected& f) const { return {f.in_features, f.out_features}; }
  List operator()(const Lstm& l) const { return {l.input_size, l.hidden_size, l.layers, l.sequence_length}; }
  List operator()(const MatMul& m) const { return {m.rows, m.inner, m.columns}; }
  List operator()(const Attention& a) const { return {a.sequence_length, a.model_size, a.heads}; }
  List operator()(const Pool& p) const {
    return {p.channels,     p.out_height,    p.out_width,   p.kernel_height,
            p.kernel_width, p.stride_height, p.stride_width};
  }
  List operator()(const Add& a) const { return {a.channels, a.out_height, a.out_width, a.terms}; }
  List operator()(const Concat& c) const { return {c.channels, c.out_height, c.out_width}; }
};

/// A file's numbers are checked where they are read, with their places; those of a program only here.
void check_fields(const LayerDescription& description) {
  const Layer& layer = description.layer;
  std::vector<std::int64_t> sizes = std::visit(Sizes{}, layer.operation);
  sizes.push_back(layer.batch);
  if (*std::min_element(sizes.begin(), sizes.end()) < 1)
    refuse(description.where, layer.name, "every size must be at least 1");
  constexpr std::int64_t kLargest = std::int64_t{1} << 53U;
  if (*std::max_element(sizes.begin(), sizes.end()) > kLargest)
    refuse(description.where, layer.name, "is too large: one of its sizes exceeds 2^53");
  if (const auto* conv = std::get_if<Conv>(&layer.operation)) {
    if (conv->in_channels % conv->groups != 0 || conv->out_channels % conv->groups != 0)
      refuse(description.where, layer.name, "its groups must divide its channels");
  }
  if (const auto* attention = std::get_if<Attention>(&layer.operation)) {
    if (attention->model_size % attention->heads != 0)
      refuse(description.where, layer.name, "its heads must divide its model size");
  }
}

/// Every number that later code asks a layer for, so that none of them overflows there.
void check_sizes(const LayerDescription& description) {
  check_fields(description);
  const Layer& layer = description.layer;
  try {
    const Shape in = layer.input();
    const Shape out = layer.output();
    constexpr std::int64_t kBitsOfTheWidestNumber = 64;
    product({layer.weights(), kBitsOfTheWidestNumber});
    layer.macs();
    product({4, layer.batch, in.elements(), kBitsOfTheWidestNumber});  // 4: the release's 2R x 2C
    product({layer.batch, out.elements(), kBitsOfTheWidestNumber});
  } catch (const std::overflow_error&) {
    refuse(description.where, layer.name, "is too large: its work or one of its tensors exceeds 2^53");
  }
}

/// Each layer is small enough; their sums must be, too.
void check_totals(const Graph& graph, ErrorKind kind, const Location& where) {
  double weights = 0;
  double macs = 0;
  double activations = 0;
  for (const auto v : boost::make_iterator_range(boost::vertices(graph))) {
    weights += static_cast<double>(graph[v].weights());
    macs += static_cast<double>(graph[v].macs());
    activations += static_cast<double>(graph[v].batch) * static_cast<double>(graph[v].output().elements());
  }
  constexpr double kLargest = 0x1p53;
  if (std::max({weights, macs, activations}) > kLargest) {
    throw Error(kind, where,
                "the workload is too large: its weights, work or outputs add up to more than 2^53");
  }
}

std::vector<LayerIndex> resolve(const LayerDescription& consumer, const std::vector<std::string>& names,
                                const std::vector<Location>& places, std::string_view key,
                                const std::unordered_map<std::string, LayerIndex>& index) {
  std::vector<LayerIndex> producers;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Location where = place(places, i, consumer.where);
    const auto found = index.find(names[i]);
    if (found == index.end()) {
      std::vector<std::string> known;
      known.reserve(index.size());
      for (const auto& [name, _] : index) known.push_back(name);
      std::sort(known.begin(), known.end());
      refuse(where, consumer.layer.name, fmt::format("{} names an unknown layer '{}'", key, names[i]),
             suggest(names[i], known));
    }
    if (std::find(producers.begin(), producers.end(), found->second) != producers.end()) {
      refuse(where, consumer.layer.name, fmt::format("{} names '{}' twice", key, names[i]), "keep one");
    }
    producers.push_back(found->second);
  }
  return producers;
}

void add_edges(Graph& graph, LayerIndex consumer, const LayerDescription& description,
               std::span<const LayerIndex> producers, bool checked) {
  if (producers.empty()) return;
  std::vector<const Layer*> layers;
  layers.reserve(producers.size());
  for (const LayerIndex producer : producers) layers.push_back(&graph[producer]);
  const InputShares shares(description.layer, layers);
  if (checked && shares.misfit()) {
    const Misfit& misfit = *shares.misfit();
    refuse(place(description.input_places, misfit.input, description.where), description.layer.name,
           misfit.message, misfit.hint);
  }
  const std::vector<std::int64_t> features = shares.misfit() ? unchecked_shares(layers) : shares.features();
  std::int64_t total = 0;
  for (const std::int64_t part : features) total += part;
  for (std::size_t i = 0; i < producers.size(); ++i) {
    boost::add_edge(producers[i], consumer, {Dependency::Role::input, features[i], total}, graph);
  }
}

void add_residuals(Graph& graph, LayerIndex consumer, const LayerDescription& description,
                   std::span<const LayerIndex> producers, bool checked) {
  for (std::size_t i = 0; i < producers.size(); ++i) {
    if (const auto misfit = residual_misfit(description.layer, graph[producers[i]]); checked && misfit) {
      refuse(place(description.residual_places, i, description.where), description.layer.name,
             fmt::format("residual {}", *misfit));
    }
    boost::add_edge(producers[i], consumer, {Dependency::Role::residual}, graph);
  }
}

/// Kahn's algorithm, the smallest index first; shorter than the graph where that has a cycle.
std::vector<LayerIndex> sorted_as_far_as_possible(const Graph& graph) {
  std::vector<std::size_t> waiting(boost::num_vertices(graph));
  std::priority_queue<LayerIndex, std::vector<LayerIndex>, std::greater<>> ready;
  for (LayerIndex v = 0; v < waiting.size(); ++v) {
    waiting[v] = boost::in_degree(v, graph);
    if (waiting[v] == 0) ready.push(v);
  }
  std::vector<LayerIndex> order;
  order.reserve(waiting.size());
  while (!ready.empty()) {
    const LayerIndex v = ready.top();
    ready.pop();
    order.push_back(v);
    for (const auto edge : boost::make_iterator_range(boost::out_edges(v, graph))) {
      const auto consumer = static_cast<LayerIndex>(boost::target(edge, graph));
      if (--waiting[consumer] == 0) ready.push(consumer);
    }
  }
  return order;
}

void refuse_cycle(const Graph& graph, std::span<const LayerIndex> sorted,
                  const WorkloadDescription& description) {
  std::vector<bool> on_no_cycle(boost::num_vertices(graph));
  for (const LayerIndex v : sorted) on_no_cycle[v] = true;
  // Every layer left has a producer that is left; walking back from any of them must meet itself.
  std::vector<LayerIndex> path;
  auto v =
      static_cast<LayerIndex>(std::find(on_no_cycle.begin(), on_no_cycle.end(), false) - on_no_cycle.begin());
  while (std::find(path.begin(), path.end(), v) == path.end()) {
    path.push_back(v);
    for (const auto edge : boost::make_iterator_range(boost::in_edges(v, graph))) {
      if (const auto producer = boost::source(edge, graph); !on_no_cycle[producer]) {
        v = static_cast<LayerIndex>(producer);
        break;
      }
    }
  }
  std::vector<LayerIndex> cycle(std::find(path.begin(), path.end(), v), path.end());
  std::reverse(cycle.begin(), cycle.end());
  std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, cycle.size()); ++i)
    text += fmt::format("{} -> ", graph[cycle[i]].name);
  if (cycle.size() > kShown) text += fmt::format("({} more) -> ", cycle.size() - kShown);
  const LayerDescription& first = description.layers[cycle.front()];
  refuse(first.where, first.layer.name, fmt::format("is on a cycle: {}{}", text, first.layer.name),
         "a workload must be acyclic");
}

}  // namespace

Workload::Workload(const WorkloadDescription& description)
    : name_(description.name), unchecked_reason_(description.unchecked_reason) {
  if (description.layers.empty())
    throw Error(ErrorKind::input, description.where, "a workload needs at least one layer");
  std::unordered_map<std::string, LayerIndex> index;
  for (LayerDescription layer : description.layers) {
    if (auto* add = std::get_if<Add>(&layer.layer.operation)) {
      add->terms = std::max<std::int64_t>(1, static_cast<std::int64_t>(layer.inputs.size()));
    }
    layer.layer.reads_network_input = layer.inputs.empty();
    check_sizes(layer);
    if (!index.emplace(layer.layer.name, boost::num_vertices(graph_)).second) {
      refuse(layer.where, layer.layer.name, "the name is taken by an earlier layer", "names must be unique");
    }
    boost::add_vertex(layer.layer, graph_);
  }
  const bool checked = unchecked_reason_.empty();
  for (LayerIndex v = 0; v < description.layers.size(); ++v) {
    const LayerDescription& layer = description.layers[v];
    const auto inputs = resolve(layer, layer.inputs, layer.input_places, "inputs", index);
    const auto residual = resolve(layer, layer.residual, layer.residual_places, "residual", index);
    add_edges(graph_, v, layer, inputs, checked);
    add_residuals(graph_, v, layer, residual, checked);
  }
  check_totals(graph_, ErrorKind::input, description.where);
  const auto order = sorted_as_far_as_possible(graph_);
  if (order.size() != size()) refuse_cycle(graph_, order, description);
}

std::optional<LayerIndex> Workload::find(std::string_view name) const {
  for (LayerIndex v = 0; v < size(); ++v) {
    if (graph_[v].name == name) return v;
  }
  return std::nullopt;
}

std::vector<LayerIndex> Workload::topological_order() const {
  return sorted_as_far_as_possible(graph_);
}

Workload Workload::with_batch(std::int64_t batch) const {
  Workload changed = *this;
  for (LayerIndex v = 0; v < size(); ++v) {
    changed.graph_[v].batch = batch;
    try {
      check_sizes({changed.graph_[v]});
    } catch (const Error& failure) {
      throw Error(ErrorKind::usage, fmt::format("batch {}: {}", batch, failure.message()));
    }
  }
  check_totals(changed.graph_, ErrorKind::usage, {});
  return changed;
}

std::int64_t Workload::weights() const {
  std::int64_t total = 0;
  for (LayerIndex v = 0; v < size(); ++v) total += graph_[v].weights();
  return total;
}

std::int64_t Workload::macs() const {
  std::int64_t total = 0;
  for (LayerIndex v = 0; v < size(); ++v) total += graph_[v].macs();
  return total;
}

std::int64_t Workload::activations() const {
  std::int64_t total = 0;
  for (LayerIndex v = 0; v < size(); ++v) total += graph_[v].batch * graph_[v].output().elements();
  return total;
}

}  // namespace h2h
