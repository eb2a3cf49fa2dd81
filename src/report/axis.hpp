// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <vector>

namespace h2h {

/// Round places from @p begin to @p end, about @p wanted of them: multiples of 1, 2 or 5 times a power of
/// ten.
inline std::vector<double> ticks(double begin, double end, int wanted) {
  if (!(end > begin)) return {begin};
  const double rough = (end - begin) / wanted;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (rough <= factor * power) step = factor * power;
  }
  // Places are multiples of the step by whole numbers, so that no error adds up.
  std::vector<double> places;
  for (double i = std::ceil(begin / step); i * step <= end; ++i) places.push_back(i * step);
  return places;
}

}  // namespace h2h
