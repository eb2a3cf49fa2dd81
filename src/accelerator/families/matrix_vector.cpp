// SPDX-License-Identifier: Apache-2.0
#include "matrix_vector.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <h2h/plugin/plugin.hpp>

#include "conv_loop.hpp"
#include "data_movement.hpp"

namespace h2h {

MatrixVector::MatrixVector(const Section& parameters, const Device& device)
    : throughput_macs_per_s_(parameters.number("throughput_GOPS", kPositive<double>) * kOperationsPerGOP /
                             kOperationsPerMac * parameters.number("efficiency", 1, kFraction)),
      parallel_sequences_(
          static_cast<double>(parameters.integer("parallel_sequences", 1, kPositive<std::int64_t>))),
      density_(parameters.number("density", 1, kFraction)),
      stream_Bps_(
          parameters.has("stream_bandwidth")
              ? parameters.quantity("stream_bandwidth", Dimension::bytes_per_second, kPositive<double>)
              : device.require_dram_Bps(parameters)),
      bytes_per_weight_(
          parameters.number("bytes_per_weight", device.weight_bits / kBitsPerByte, kPositive<double>) /
          parameters.number("compression", 1, kPositive<double>)),
      bytes_per_activation_(device.activation_bits / kBitsPerByte),
      on_chip_bytes_(
          parameters.has("on_chip_weights") ? parameters.quantity("on_chip_weights", Dimension::bytes) : 0) {}

bool MatrixVector::runs(LayerType type) {
  return type == LayerType::fc || type == LayerType::lstm || type == LayerType::matmul ||
         type == LayerType::attention;
}

ComputeTime MatrixVector::step(double weights, double macs, double vectors) const {
  const double stored_bytes = density_ * weights * bytes_per_weight_;
  const double dram_s = stored_bytes <= on_chip_bytes_ ? 0 : stored_bytes / stream_Bps_;
  const double rounds = std::ceil(vectors / parallel_sequences_);
  return overlapped(rounds * density_ * macs / throughput_macs_per_s_, dram_s);
}

ComputeTime MatrixVector::step(double weights, double vectors) const {
  return step(weights, weights, vectors);
}

std::optional<ComputeTime> MatrixVector::time(const Layer& layer) const {
  const auto batch = static_cast<double>(layer.batch);
  const auto weights = static_cast<double>(layer.weights());
  if (std::holds_alternative<FullyConnected>(layer.operation)) return step(weights, batch);
  if (const auto* lstm = std::get_if<Lstm>(&layer.operation)) {
    ComputeTime time = step(weights, batch);
    time.seconds *= static_cast<double>(lstm->sequence_length);
    return time;
  }
  if (const auto* matmul = std::get_if<MatMul>(&layer.operation)) {
    const double matrix = static_cast<double>(matmul->inner) * static_cast<double>(matmul->columns);
    const double vectors = static_cast<double>(matmul->rows) * batch;
    if (matmul->has_weights) return step(matrix, vectors);
    return overlapped(std::ceil(vectors / parallel_sequences_) * matrix / throughput_macs_per_s_,
                      batch * matrix * bytes_per_activation_ / stream_Bps_);
  }
  if (std::holds_alternative<Attention>(layer.operation)) {
    // The projections' weights are streamed once; all multiplications count alike.
    return step(weights, static_cast<double>(layer.macs()) / batch, batch);
  }
  return std::nullopt;
}

namespace {

/// Family `matrix-vector`: an accelerator of fc, lstm, matmul and attention (S.H, X.Z, B.L).
class MatrixVectorModel : public AcceleratorModel {
 public:
  MatrixVectorModel(const Section& parameters, const Device& device)
      : device_(device), dram_Bps_(device.require_dram_Bps(parameters)), multiply_(parameters, device) {}

  bool runs(LayerType type) const override { return only_moves_data(type) || MatrixVector::runs(type); }

  std::optional<ComputeTime> time(const Layer& layer) const override {
    if (only_moves_data(layer.type())) return data_movement_time(layer, device_, dram_Bps_);
    return multiply_.time(layer);
  }

 private:
  Device device_;
  double dram_Bps_;
  MatrixVector multiply_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(matrix_vector) {
  registry.add_model({"matrix-vector",
                      "fc, lstm, matmul and attention: a stream of weights against the multipliers",
                      [](const h2h::Section& parameters, const h2h::Device& device) {
                        return std::make_shared<const h2h::MatrixVectorModel>(parameters, device);
                      }});
}
