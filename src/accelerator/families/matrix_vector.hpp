// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <h2h/accelerator/model.hpp>

namespace h2h {

/// Time of the layers that multiply matrices by vectors (fc, lstm, matmul, attention): a stream of weights
/// from the local DRAM, or from the chip where they fit, against the multipliers.
///
/// The weights are read again at every step of a sequence and used for the whole batch. Part of a family's
/// parameters, or all of them (family `matrix-vector`).
///
/// A matmul without weights streams its second factor instead, which is an activation: dense, in full width,
/// and another one for each inference.
///
/// Not modelled: the element-wise work of LSTM gates, and softmax; the DRAM traffic of the vectors; that
/// layers share the memory of `on_chip_weights`.
class MatrixVector {
 public:
  /// Reads `throughput_GOPS`, `efficiency` (1), `parallel_sequences` (1), `density` (1), `stream_bandwidth`
  /// (the DRAM's), `bytes_per_weight` (the data width), `compression` (1) and `on_chip_weights` (0B).
  MatrixVector(const Section& parameters, const Device& device);

  static bool runs(LayerType type);
  std::optional<ComputeTime> time(const Layer& layer) const;

 private:
  /// One step: @p weights read once, used by each of @p vectors.
  ComputeTime step(double weights, double vectors) const;
  ComputeTime step(double weights, double macs, double vectors) const;

  double throughput_macs_per_s_;  ///< of one sequence, after efficiency
  double parallel_sequences_;
  double density_;
  double stream_Bps_;
  double bytes_per_weight_;  ///< as streamed, after compression
  double bytes_per_activation_;
  double on_chip_bytes_;
};

}  // namespace h2h
