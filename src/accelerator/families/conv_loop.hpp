// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include <h2h/base/section.hpp>
#include <h2h/workload/layer.hpp>

namespace h2h {

/// Bounds of the loops of one group of a convolution, in the letters of the FPGA literature, as the numbers
/// that cycle formulas need. A grouped convolution runs its groups one after the other, a batch its images.
struct ConvLoop {
  double M;        ///< output channels
  double N;        ///< input channels
  double R, C;     ///< output rows, columns
  double Kh, Kw;   ///< kernel
  double Sh, Sw;   ///< stride
  double repeats;  ///< groups x batch

  ConvLoop(const Conv& conv, std::int64_t batch)
      : M(static_cast<double>(conv.out_channels) / static_cast<double>(conv.groups)),
        N(static_cast<double>(conv.in_channels) / static_cast<double>(conv.groups)),
        R(static_cast<double>(conv.out_height)),
        C(static_cast<double>(conv.out_width)),
        Kh(static_cast<double>(conv.kernel_height)),
        Kw(static_cast<double>(conv.kernel_width)),
        Sh(static_cast<double>(conv.stride_height)),
        Sw(static_cast<double>(conv.stride_width)),
        repeats(static_cast<double>(conv.groups * batch)) {}
};

/// A degree of parallelism or the extent of a tile: a whole number from 1.
inline double read_factor(const Section& parameters, std::string_view key) {
  return static_cast<double>(parameters.integer(key, kPositive<std::int64_t>));
}
inline double read_factor(const Section& parameters, std::string_view key, std::int64_t otherwise) {
  return static_cast<double>(parameters.integer(key, otherwise, kPositive<std::int64_t>));
}

/// How many pieces of size @p piece cover @p whole.
inline double pieces(double whole, double piece) {
  return std::ceil(whole / piece);
}

constexpr double kHertzPerMHz = 1e6;
constexpr double kOperationsPerGOP = 1e9;
constexpr double kBitsPerByte = 8;
constexpr double kOperationsPerMac = 2;

}  // namespace h2h
