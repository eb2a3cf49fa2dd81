// SPDX-License-Identifier: Apache-2.0
#include <h2h/mapper/series_parallel.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace h2h {
namespace {

using Vertex = std::uint32_t;

/// What an edge of the reduced graph stands for.
struct Composition {
  enum class Type : std::uint8_t { edge, series, parallel };
  Type type = Type::edge;
  std::vector<LayerIndex> layers;  ///< between its ends
};

class Decomposition {
 public:
  explicit Decomposition(const Problem& problem)
      : source_(problem.layers()), sink_(problem.layers() + 1), out_(sink_ + 1), in_(sink_ + 1) {
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
      keep({layer});
      bool has_producer = false;
      for (const TensorIndex tensor : problem.inputs(layer)) {
        const LayerIndex producer = problem.tensor(tensor).producer;
        if (producer == Tensor::kNetworkInput) continue;
        has_producer = true;
        connect(producer, layer, {});
      }
      if (!has_producer) connect(source_, layer, {});
      if (problem.is_result(layer)) connect(layer, sink_, {});
    }
  }

  std::vector<std::vector<LayerIndex>> run() {
    for (LayerIndex layer = 0; layer < source_; ++layer) pending_.push_back(layer);
    for (;;) {
      while (!pending_.empty()) {
        const Vertex vertex = pending_.back();
        pending_.pop_back();
        if (in_[vertex].size() == 1 && out_[vertex].size() == 1) reduce(vertex);
      }
      const Cut cut = smallest_cut();
      if (!cut.exists()) break;
      keep(disconnect(cut.from, cut.to).layers);
      look_again(cut.from, cut.to);
    }
    keep(disconnect(source_, sink_).layers);
    return std::move(subgraphs_);
  }

 private:
  /// An edge that may go.
  struct Cut {
    Vertex from = 0;
    Vertex to = 0;
    std::size_t layers = std::numeric_limits<std::size_t>::max();
    bool exists() const { return layers < std::numeric_limits<std::size_t>::max(); }
  };

  /// Series reduction of a vertex between two edges.
  void reduce(Vertex vertex) {
    const Vertex from = *in_[vertex].begin();
    const Vertex to = out_[vertex].begin()->first;
    Composition first = disconnect(from, vertex);
    Composition second = disconnect(vertex, to);
    Composition series{Composition::Type::series, {vertex}};
    absorb(series, std::move(first));
    absorb(series, std::move(second));
    connect(from, to, std::move(series));
  }

  /// Adds an edge; beside one that is there already it makes a parallel composition.
  void connect(Vertex from, Vertex to, Composition composition) {
    const auto place = out_[from].find(to);
    if (place == out_[from].end()) {
      out_[from].emplace(to, std::move(composition));
      in_[to].insert(from);
      return;
    }
    Composition parallel{Composition::Type::parallel, {}};
    absorb(parallel, std::move(place->second));
    absorb(parallel, std::move(composition));
    place->second = std::move(parallel);
    look_again(from, to);
  }

  /// Vertices that lost an edge may have become reducible.
  void look_again(Vertex from, Vertex to) {
    for (const Vertex end : {from, to}) {
      if (end != source_ && end != sink_) pending_.push_back(end);
    }
  }

  Composition disconnect(Vertex from, Vertex to) {
    Composition composition = std::move(out_[from].at(to));
    out_[from].erase(to);
    in_[to].erase(from);
    return composition;
  }

  /// A part of the same type merges into the whole; one of another type is a subgraph by itself.
  void absorb(Composition& whole, Composition part) {
    if (part.type != whole.type) keep(part.layers);
    if (part.layers.size() > whole.layers.size()) std::swap(part.layers, whole.layers);
    whole.layers.insert(whole.layers.end(), part.layers.begin(), part.layers.end());
  }

  void keep(std::vector<LayerIndex> layers) {
    if (layers.empty()) return;
    std::sort(layers.begin(), layers.end());
    if (known_.insert(layers).second) subgraphs_.push_back(std::move(layers));
  }

  /// The edge of the fewest layers whose ends keep another edge; none when one edge is left.
  Cut smallest_cut() const {
    Cut cut;
    for (Vertex from = 0; from < out_.size(); ++from) {
      if (out_[from].size() < 2) continue;
      for (const auto& [to, composition] : out_[from]) {
        if (in_[to].size() >= 2 && composition.layers.size() < cut.layers)
          cut = Cut{from, to, composition.layers.size()};
      }
    }
    return cut;
  }

  Vertex source_;
  Vertex sink_;
  std::vector<std::map<Vertex, Composition>> out_;
  std::vector<std::set<Vertex>> in_;
  std::vector<Vertex> pending_;  ///< that may have become reducible
  std::set<std::vector<LayerIndex>> known_;
  std::vector<std::vector<LayerIndex>> subgraphs_;
};

}  // namespace

std::vector<std::vector<LayerIndex>> series_parallel_subgraphs(const Problem& problem) {
  return Decomposition(problem).run();
}

}  // namespace h2h
