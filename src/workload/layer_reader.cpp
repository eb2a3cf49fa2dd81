// SPDX-License-Identifier: Apache-2.0
#include "layer_reader.hpp"

#include <array>
#include <tuple>

#include <fmt/format.h>

namespace h2h {
namespace {

constexpr Range<std::int64_t> kSize = kPositive<std::int64_t>;

Conv read_conv(const Section& layer) {
  Conv conv;
  conv.out_channels = layer.integer("out_channels", kSize);
  conv.in_channels = layer.integer("in_channels", kSize);
  conv.out_height = layer.integer("out_height", kSize);
  conv.out_width = layer.integer("out_width", kSize);
  std::tie(conv.kernel_height, conv.kernel_width) = layer.pair("kernel", kSize);
  std::tie(conv.stride_height, conv.stride_width) = layer.pair("stride", 1, kSize);
  conv.groups = layer.integer("groups", 1, kSize);
  if (conv.in_channels % conv.groups != 0 || conv.out_channels % conv.groups != 0) {
    layer.fail("groups",
               fmt::format("'groups' is {}, which does not divide in_channels {} and out_channels {}",
                           conv.groups, conv.in_channels, conv.out_channels));
  }
  return conv;
}

FullyConnected read_fully_connected(const Section& layer) {
  return {layer.integer("in_features", kSize), layer.integer("out_features", kSize)};
}

Lstm read_lstm(const Section& layer) {
  static const std::array<std::string, 2> kOutputs = {"sequence", "last"};
  Lstm lstm;
  lstm.input_size = layer.integer("input_size", kSize);
  lstm.hidden_size = layer.integer("hidden_size", kSize);
  lstm.layers = layer.integer("layers", 1, kSize);
  lstm.sequence_length = layer.integer("sequence_length", 1, kSize);
  lstm.bidirectional = layer.flag("bidirectional", false);
  lstm.outputs =
      layer.choice("outputs", kOutputs, "sequence") == "last" ? Lstm::Outputs::last : Lstm::Outputs::sequence;
  return lstm;
}

MatMul read_matmul(const Section& layer) {
  return {layer.integer("rows", kSize), layer.integer("inner", kSize), layer.integer("columns", kSize),
          layer.flag("weights", true)};
}

Attention read_attention(const Section& layer) {
  Attention attention{layer.integer("sequence_length", kSize), layer.integer("model_size", kSize),
                      layer.integer("heads", 1, kSize)};
  if (attention.model_size % attention.heads != 0) {
    layer.fail("heads", fmt::format("'heads' is {}, which does not divide model_size {}", attention.heads,
                                    attention.model_size));
  }
  return attention;
}

Pool read_pool(const Section& layer) {
  Pool pool;
  pool.channels = layer.integer("channels", kSize);
  pool.out_height = layer.integer("out_height", kSize);
  pool.out_width = layer.integer("out_width", kSize);
  std::tie(pool.kernel_height, pool.kernel_width) = layer.pair("kernel", kSize);
  std::tie(pool.stride_height, pool.stride_width) = layer.pair("stride", kSize);
  return pool;
}

/// Add and concat: the size of the result.
template <typename Joining>
Joining read_joining(const Section& layer) {
  return {layer.integer("channels", kSize), layer.integer("out_height", 1, kSize),
          layer.integer("out_width", 1, kSize)};
}

}  // namespace

Operation read_operation(LayerType type, const Section& layer) {
  switch (type) {
    case LayerType::conv:
      return read_conv(layer);
    case LayerType::fc:
      return read_fully_connected(layer);
    case LayerType::lstm:
      return read_lstm(layer);
    case LayerType::matmul:
      return read_matmul(layer);
    case LayerType::attention:
      return read_attention(layer);
    case LayerType::pool:
      return read_pool(layer);
    case LayerType::add:
      return read_joining<Add>(layer);
    case LayerType::concat:
      return read_joining<Concat>(layer);
  }
  throw Error(ErrorKind::internal, "a layer type without a reader");
}

}  // namespace h2h
