// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "linear_program.hpp"

namespace h2h::bounds {

/// What the search over whole numbers has come to.
struct IntegerBound {
  double latency = 0;       ///< in the program's units
  bool is_optimum = false;  ///< whether the search was over before its time
};

/// The solver COIN-OR CBC as a process of its own: nothing is linked, and it may be absent.
class Cbc {
 public:
  /// Finds it on the PATH. @throws Error (usage) if it is not there
  Cbc();

  /// A lower bound of the linear relaxation, proven here from the multipliers that CBC finds; so it holds
  /// whatever CBC's tolerances. The optimum, unless the time is up before.
  /// @throws Error (internal) if CBC fails
  double relaxed_bound(const LinearProgram& program, double time_s) const;

  /// The lower bound of the integer program that CBC claims, less its tolerances for values of about 100.
  /// @returns nothing if the time is up before it claims any
  /// @throws Error (internal) if CBC fails
  std::optional<IntegerBound> integer_bound(const LinearProgram& program, double time_s) const;

 private:
  std::filesystem::path executable_;
};

}  // namespace h2h::bounds
