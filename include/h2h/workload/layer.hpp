// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace h2h {

/// Product of sizes. @throws std::overflow_error beyond 2^53, where a double no longer holds it exactly; a
/// Workload checks its layers once, so that nothing behind it meets that.
std::int64_t product(std::initializer_list<std::int64_t> factors);

/// Size of a feature map or of a sequence of vectors: `channels x height x width`, without the batch. A
/// vector is `channels x 1 x 1`, a sequence of T vectors `channels x T x 1`.
struct Shape {
  std::int64_t channels = 0;
  std::int64_t height = 1;
  std::int64_t width = 1;

  std::int64_t positions() const { return product({height, width}); }
  std::int64_t elements() const { return product({channels, height, width}); }
  friend bool operator==(const Shape&, const Shape&) = default;
};

// The layer types. Each knows the sizes of one inference: `weights` and `macs` in numbers, `input` and
// `output` as shapes. Conv is Table 1's <N, M, R, C, K, S>, FC its <N, M>, LSTM its <N, H, L>; the others are
// what real networks need besides. Biases are not counted. To add a type: a struct here, its name in
// `kLayerTypeNames`, its keys in src/workload/layer_reader.cpp, and whatever the compiler then asks for.

struct Conv {
  std::int64_t out_channels = 0;
  std::int64_t in_channels = 0;
  std::int64_t out_height = 0;
  std::int64_t out_width = 0;
  std::int64_t kernel_height = 1;
  std::int64_t kernel_width = 1;
  std::int64_t stride_height = 1;
  std::int64_t stride_width = 1;
  std::int64_t groups = 1;

  std::int64_t weights() const {
    return product({out_channels, in_channels / groups, kernel_height, kernel_width});
  }
  std::int64_t macs() const { return product({weights(), out_height, out_width}); }
  Shape input() const {
    return {in_channels, product({out_height, stride_height}), product({out_width, stride_width})};
  }
  Shape output() const { return {out_channels, out_height, out_width}; }
};

struct FullyConnected {
  std::int64_t in_features = 0;
  std::int64_t out_features = 0;

  std::int64_t weights() const { return product({in_features, out_features}); }
  std::int64_t macs() const { return weights(); }
  Shape input() const { return {in_features}; }
  Shape output() const { return {out_features}; }
};

struct Lstm {
  enum class Outputs { sequence, last };  ///< the hidden state of every step, or of the last

  std::int64_t input_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t layers = 1;
  std::int64_t sequence_length = 1;
  bool bidirectional = false;
  Outputs outputs = Outputs::sequence;

  std::int64_t directions() const { return bidirectional ? 2 : 1; }
  /// The four gates of the first layer and of the stacked ones: 4 H (D + H) each, a direction.
  std::int64_t weights() const {
    const std::int64_t first = product({4, hidden_size, input_size + hidden_size});
    const std::int64_t stacked = product({layers - 1, 4, hidden_size, (directions() + 1) * hidden_size});
    return product({directions(), first + stacked});
  }
  std::int64_t macs() const { return product({weights(), sequence_length}); }
  Shape input() const { return {input_size, sequence_length}; }
  Shape output() const {
    return {directions() * hidden_size, outputs == Outputs::sequence ? sequence_length : 1};
  }
};

/// rows x inner times inner x columns. With `weights` the second factor is trained; without, it is a second
/// input.
struct MatMul {
  std::int64_t rows = 0;
  std::int64_t inner = 0;
  std::int64_t columns = 0;
  bool has_weights = true;

  std::int64_t weights() const { return has_weights ? product({inner, columns}) : 0; }
  std::int64_t macs() const { return product({rows, inner, columns}); }
  /// Without weights both factors are read; they differ in shape, so together they count as one flat vector.
  Shape input() const {
    return has_weights ? Shape{inner, rows} : Shape{product({rows, inner}) + product({inner, columns})};
  }
  Shape output() const { return {columns, rows}; }
};

/// Multi-head self-attention with its four projections (query, key, value, output).
struct Attention {
  std::int64_t sequence_length = 0;
  std::int64_t model_size = 0;
  std::int64_t heads = 1;

  std::int64_t weights() const { return product({4, model_size, model_size}); }
  /// The projections, then scores and weighted sum over all heads.
  std::int64_t macs() const {
    return product({sequence_length, weights()}) + product({2, sequence_length, sequence_length, model_size});
  }
  Shape input() const { return {model_size, sequence_length}; }
  Shape output() const { return input(); }
};

struct Pool {
  std::int64_t channels = 0;
  std::int64_t out_height = 0;
  std::int64_t out_width = 0;
  std::int64_t kernel_height = 1;
  std::int64_t kernel_width = 1;
  std::int64_t stride_height = 1;
  std::int64_t stride_width = 1;

  std::int64_t weights() const { return 0; }
  std::int64_t macs() const { return 0; }
  Shape input() const {
    return {channels, product({out_height, stride_height}), product({out_width, stride_width})};
  }
  Shape output() const { return {channels, out_height, out_width}; }
};

/// Element-wise sum of its inputs, each of the size of the output.
struct Add {
  std::int64_t channels = 0;
  std::int64_t out_height = 1;
  std::int64_t out_width = 1;
  std::int64_t terms = 1;  ///< number of inputs; a Workload counts them

  std::int64_t weights() const { return 0; }
  std::int64_t macs() const { return 0; }
  Shape input() const { return {product({terms, channels}), out_height, out_width}; }
  Shape output() const { return {channels, out_height, out_width}; }
};

/// Concatenation of its inputs on channels.
struct Concat {
  std::int64_t channels = 0;
  std::int64_t out_height = 1;
  std::int64_t out_width = 1;

  std::int64_t weights() const { return 0; }
  std::int64_t macs() const { return 0; }
  Shape input() const { return {channels, out_height, out_width}; }
  Shape output() const { return input(); }
};

using Operation = std::variant<Conv, FullyConnected, Lstm, MatMul, Attention, Pool, Add, Concat>;

/// In the order of the alternatives of Operation.
enum class LayerType : std::uint8_t { conv, fc, lstm, matmul, attention, pool, add, concat };

/// Names in files and messages, in the order of LayerType.
const std::vector<std::string>& layer_type_names();
std::string_view to_string(LayerType type);

/// A vertex of a workload: what one layer computes. Counts include the batch, which multiplies activations
/// and work and never weights.
struct Layer {
  std::string name;
  std::string modality;  ///< empty: always on
  Operation operation;
  std::int64_t batch = 1;
  bool reads_network_input = false;  ///< it has no `inputs`; a Workload sets it

  LayerType type() const { return static_cast<LayerType>(operation.index()); }
  std::int64_t weights() const;
  std::int64_t macs() const;
  Shape input() const;   ///< of one inference; see Workload for how it is divided among the producers
  Shape output() const;  ///< of one inference
};

}  // namespace h2h
