// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/graph/adjacency_list.hpp>

#include <h2h/base/error.hpp>
#include <h2h/workload/layer.hpp>

namespace h2h {

/// Position of a layer in its workload, in file order from 0.
using LayerIndex = std::uint32_t;

/// An edge of a workload: what one layer reads of another's output.
struct Dependency {
  enum class Role : std::uint8_t {
    input,    ///< concatenated on channels with the consumer's other inputs
    residual  ///< summed into the consumer's output, of which it has the size
  };
  Role role = Role::input;
  /// Of an input: its part of the consumer's input feature map is `features / of_features`. They are the
  /// channels that it contributes (the flattened features into a fully connected layer) and the sum over all
  /// inputs, also those of modalities that are switched off.
  std::int64_t features = 1;
  std::int64_t of_features = 1;
};

/// A layer as a file or a program states it, before anything is checked.
struct LayerDescription {
  Layer layer;
  std::vector<std::string> inputs;    ///< names of producers; empty: reads an input of the network
  std::vector<std::string> residual;  ///< names of producers
  Location where;
  std::vector<Location> input_places;
  std::vector<Location> residual_places;
};

struct WorkloadDescription {
  std::string name;
  std::vector<LayerDescription> layers;
  /// Why shapes along edges are not checked (some published layer lists do not fit); empty: they are.
  std::string unchecked_reason;
  Location where;
};

/// A heterogeneous model G_model (section 3 of the paper): a directed acyclic Boost.Graph whose vertices are
/// layers. Whoever holds one may rely on it: names are unique, the graph is acyclic, shapes fit along the
/// edges (unless the file says that they do not), and no size overflows.
class Workload {
 public:
  using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, Layer, Dependency>;

  /// @throws Error (input) with the place of the first thing that is wrong
  explicit Workload(const WorkloadDescription& description);

  const std::string& name() const { return name_; }
  const std::string& unchecked_reason() const { return unchecked_reason_; }
  const Graph& graph() const { return graph_; }
  std::size_t size() const { return boost::num_vertices(graph_); }
  const Layer& layer(LayerIndex index) const { return graph_[index]; }
  std::optional<LayerIndex> find(std::string_view name) const;

  /// Layers so that each stands behind its producers; among the ready ones the first in file order first.
  std::vector<LayerIndex> topological_order() const;

  /// Names of all modalities, in order of first use.
  std::vector<std::string> modalities() const;

  /// The workload with some modalities switched off. Their layers go, and with them each layer, of whatever
  /// modality, of which all that it reads is gone; so a part that is reached only through what is off is off,
  /// too. Layers of no modality stay otherwise. A layer that loses some of its inputs or residual tensors
  /// keeps its shape, weights and work: what is missing is taken as zeros, and nothing is transferred for it.
  /// @param wanted names to keep, or names with a leading '-' to switch off
  /// @throws Error (usage) for an unknown name, and where no valid network is left: no layer at all; none of
  /// a
  ///         modality that is to be kept by its name; a layer with residual tensors and no input; a product
  ///         of two inputs without one of them
  Workload with_modalities(std::span<const std::string> wanted) const;

  /// The same with another batch. @throws Error (usage) unless positive and small enough for every layer.
  Workload with_batch(std::int64_t batch) const;

  std::int64_t weights() const;      ///< parameters, in numbers
  std::int64_t macs() const;         ///< multiply-accumulates of one run, batch included
  std::int64_t activations() const;  ///< elements of all outputs, batch included

 private:
  Workload() = default;
  std::string name_;
  std::string unchecked_reason_;
  Graph graph_;
};

}  // namespace h2h
