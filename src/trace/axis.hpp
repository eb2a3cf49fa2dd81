// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <vector>

namespace h2h {

/// Round places from 0 to @p end, about @p wanted of them: multiples of 1, 2 or 5 times a power of ten.
inline std::vector<double> ticks(double end, int wanted) {
  if (!(end > 0)) return {0};
  const double rough = end / wanted;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double step = rough <= power       ? power
                      : rough <= 2 * power ? 2 * power
                      : rough <= 5 * power ? 5 * power
                                           : 10 * power;
  std::vector<double> places;
  for (int i = 0; i * step <= end; ++i) places.push_back(i * step);
  return places;
}

}  // namespace h2h
