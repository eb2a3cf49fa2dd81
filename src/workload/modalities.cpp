// SPDX-License-Identifier: Apache-2.0
//
// Switching modalities off: which layers that leaves, and whether they are a network still.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <h2h/base/text.hpp>
#include <h2h/workload/workload.hpp>

namespace h2h {
namespace {

using Graph = Workload::Graph;

/// Modalities by name, to keep or to switch off.
struct Wish {
  std::set<std::string> on;  ///< empty: all that are not off
  std::set<std::string> off;

  bool keeps(const std::string& modality) const {
    return modality.empty() || (!off.contains(modality) && (on.empty() || on.contains(modality)));
  }
};

Wish wish_of(std::span<const std::string> wanted, const std::string& workload,
             const std::vector<std::string>& known) {
  Wish wish;
  for (const std::string& word : wanted) {
    const bool negated = word.starts_with('-');
    const std::string name = negated ? word.substr(1) : word;
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw Error(ErrorKind::usage, fmt::format("workload '{}' has no modality '{}'", workload, name),
                  suggest(name, known));
    }
    (negated ? wish.off : wish.on).insert(name);
  }
  return wish;
}

/// What is left of a graph under a wish.
class Remainder {
 public:
  Remainder(const Graph& graph, const Wish& wish, std::span<const LayerIndex> order)
      : graph_(graph), wish_(wish), kept_(boost::num_vertices(graph)) {
    for (const LayerIndex v : order) {
      kept_[v] = wish.keeps(graph[v].modality) && (graph[v].reads_network_input || reads_what_is_kept(v));
    }
  }

  bool keeps(LayerIndex layer) const { return kept_[layer]; }
  bool is_empty() const { return std::find(kept_.begin(), kept_.end(), true) == kept_.end(); }

  /// Refuses what is no network any more. @throws Error (usage)
  void check(const std::vector<std::string>& known) const {
    for (const std::string& modality : known) {
      if (wish_.on.contains(modality) && wish_.keeps(modality)) check_modality(modality, known);
    }
    for (LayerIndex v = 0; v < kept_.size(); ++v) {
      if (kept_[v]) check_layer(v, known);
    }
  }

 private:
  auto reads(LayerIndex layer) const { return boost::make_iterator_range(boost::in_edges(layer, graph_)); }
  LayerIndex producer(const Graph::edge_descriptor& edge) const {
    return static_cast<LayerIndex>(boost::source(edge, graph_));
  }

  bool reads_what_is_kept(LayerIndex layer) const {
    const auto edges = reads(layer);
    return std::any_of(edges.begin(), edges.end(), [&](const auto& edge) { return kept_[producer(edge)]; });
  }

  /// A modality that somebody wants by name has a layer left.
  void check_modality(const std::string& modality, const std::vector<std::string>& known) const {
    std::vector<LayerIndex> layers;
    for (LayerIndex v = 0; v < kept_.size(); ++v) {
      if (graph_[v].modality != modality) continue;
      if (kept_[v]) return;
      layers.push_back(v);
    }
    refuse(fmt::format("modality '{}' is on, but none of its layers is left: they read", modality), layers,
           known, ", or this off");
  }

  /// A layer has something to sum its residual to, and all that it multiplies.
  void check_layer(LayerIndex layer, const std::vector<std::string>& known) const {
    std::vector<LayerIndex> lost;
    std::size_t left = 0;
    for (const auto edge : reads(layer)) {
      if (graph_[edge].role != Dependency::Role::input) continue;
      if (kept_[producer(edge)]) {
        ++left;
      } else {
        lost.push_back(producer(edge));
      }
    }
    if (lost.empty()) return;
    if (left == 0) {
      refuse(fmt::format("layer '{}' would have its residual alone: its inputs read", graph_[layer].name),
             lost, known);
    }
    const auto* matmul = std::get_if<MatMul>(&graph_[layer].operation);
    if (matmul != nullptr && !matmul->has_weights) {
      refuse(fmt::format("layer '{}' would lack a factor of its product: that reads", graph_[layer].name),
             lost, known);
    }
  }

  [[noreturn]] void refuse(const std::string& message, const std::vector<LayerIndex>& lost,
                           const std::vector<std::string>& known, std::string_view or_else = "") const {
    const std::vector<std::string> causes = off_behind(lost, known);
    const bool one = causes.size() == 1;
    throw Error(ErrorKind::usage,
                fmt::format("{} {}, which {} off", message, enumerate(causes, "and"), one ? "is" : "are"),
                fmt::format("switch {} on too{}", one ? "that" : "one of these", or_else));
  }

  /// The modalities that are off by wish, because of which layers are lost: the nearest upstream.
  std::vector<std::string> off_behind(std::vector<LayerIndex> lost,
                                      const std::vector<std::string>& known) const {
    std::set<std::string> found;
    std::vector<bool> seen(kept_.size());
    while (!lost.empty()) {
      const LayerIndex v = lost.back();
      lost.pop_back();
      if (seen[v]) continue;
      seen[v] = true;
      if (!wish_.keeps(graph_[v].modality)) {
        found.insert(graph_[v].modality);
        continue;
      }
      for (const auto edge : reads(v)) lost.push_back(producer(edge));
    }
    std::vector<std::string> names;
    std::copy_if(known.begin(), known.end(), std::back_inserter(names),
                 [&](const std::string& name) { return found.contains(name); });
    return names;
  }

  const Graph& graph_;
  const Wish& wish_;
  std::vector<bool> kept_;
};

}  // namespace

std::vector<std::string> Workload::modalities() const {
  std::vector<std::string> names;
  for (LayerIndex v = 0; v < size(); ++v) {
    const std::string& name = graph_[v].modality;
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

Workload Workload::with_modalities(std::span<const std::string> wanted) const {
  const std::vector<std::string> known = modalities();
  const Wish wish = wish_of(wanted, name_, known);
  const Remainder remainder(graph_, wish, topological_order());
  remainder.check(known);
  if (remainder.is_empty()) {
    throw Error(ErrorKind::usage, fmt::format("no layer of workload '{}' is left", name_),
                fmt::format("its modalities are {}", enumerate(known, "and")));
  }
  Workload rest;
  rest.name_ = name_;
  rest.unchecked_reason_ = unchecked_reason_;
  std::vector<LayerIndex> renumbered(size());
  for (LayerIndex v = 0; v < size(); ++v) {
    if (remainder.keeps(v))
      renumbered[v] = static_cast<LayerIndex>(boost::add_vertex(graph_[v], rest.graph_));
  }
  for (LayerIndex v = 0; v < size(); ++v) {
    if (!remainder.keeps(v)) continue;
    for (const auto edge : boost::make_iterator_range(boost::in_edges(v, graph_))) {
      const auto producer = static_cast<LayerIndex>(boost::source(edge, graph_));
      if (remainder.keeps(producer))
        boost::add_edge(renumbered[producer], renumbered[v], graph_[edge], rest.graph_);
    }
  }
  return rest;
}

}  // namespace h2h
