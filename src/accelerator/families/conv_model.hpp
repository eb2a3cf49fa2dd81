// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <h2h/accelerator/model.hpp>

#include "conv_loop.hpp"
#include "matrix_vector.hpp"

namespace h2h {

/// What the convolution accelerators share: `frequency_MHz`, `efficiency` (1), layers that only move data,
/// and with a block `matrix_vector` also fc, lstm, matmul and attention. A family adds the time of a
/// convolution.
class ConvModel : public AcceleratorModel {
 public:
  ConvModel(const Section& parameters, const Device& device);

  bool runs(LayerType type) const override;
  std::optional<ComputeTime> time(const Layer& layer) const override;

 protected:
  /// Time for all repeats of the loop; @p dram_s is that of moving the layer's tensors once at full DRAM
  /// speed.
  virtual ComputeTime conv_time(const ConvLoop& loop, double dram_s) const = 0;

  double dram_Bps() const { return dram_Bps_; }
  double hertz() const { return hertz_; }
  /// Seconds for so many cycles at the efficiency of the design.
  double seconds(double cycles) const { return cycles / (hertz_ * efficiency_); }
  const Device& device() const { return device_; }

 private:
  Device device_;
  double dram_Bps_;
  double hertz_;
  double efficiency_;
  std::optional<MatrixVector> multiply_;
};

/// The factory of a family whose model is constructed from parameters and device.
template <typename Model>
ModelFactory factory_of() {
  return [](const Section& parameters, const Device& device) -> std::shared_ptr<const AcceleratorModel> {
    return std::make_shared<const Model>(parameters, device);
  };
}

}  // namespace h2h
