// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <ostream>
#include <span>
#include <utility>
#include <vector>

namespace h2h::bounds {

/// A (mixed-integer) linear program: minimise the first variable subject to rows `sum of terms >= right-hand
/// side` or equal to it. Every variable has finite limits, so that any multipliers of the rows give a valid
/// bound.
class LinearProgram {
 public:
  using Variable = std::uint32_t;
  struct Term {
    Variable variable;
    double coefficient;
  };

  Variable add_variable(double least, double most, bool is_integer = false);
  /// Terms of the same variable are summed up.
  void add_row(std::span<const Term> terms, double right_hand_side, bool is_equation = false);

  std::size_t variables() const { return least_.size(); }
  std::size_t rows() const { return right_hand_side_.size(); }

  /// In free MPS format: variable i is `xi`, row i `ri`.
  void write_mps(std::ostream& out, bool relaxed) const;

  /// The bound that multipliers of the rows prove (Neumaier and Shcherbina, Safe bounds in linear and
  /// mixed-integer linear programming, Math. Program. 99, 2004): whoever found them, and however well.
  /// Negative multipliers of inequalities count as 0. Holds for the integer program as well. What rounding
  /// may have added is subtracted.
  double proven_by(std::span<const double> multipliers) const;

 private:
  std::vector<double> least_;
  std::vector<double> most_;
  std::vector<char> is_integer_;
  std::vector<std::uint32_t> first_term_{0};
  std::vector<Term> terms_;
  std::vector<double> right_hand_side_;
  std::vector<char> is_equation_;
};

}  // namespace h2h::bounds
