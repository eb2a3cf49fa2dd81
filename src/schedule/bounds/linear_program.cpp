// SPDX-License-Identifier: Apache-2.0
#include "linear_program.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <fmt/ostream.h>

namespace h2h::bounds {

LinearProgram::Variable LinearProgram::add_variable(double least, double most, bool is_integer) {
  least_.push_back(least);
  most_.push_back(most);
  is_integer_.push_back(is_integer ? 1 : 0);
  return static_cast<Variable>(least_.size() - 1);
}

void LinearProgram::add_row(std::span<const Term> terms, double right_hand_side, bool is_equation) {
  const std::size_t first = terms_.size();
  terms_.insert(terms_.end(), terms.begin(), terms.end());
  const auto begin = terms_.begin() + static_cast<std::ptrdiff_t>(first);
  std::sort(begin, terms_.end(), [](const Term& a, const Term& b) { return a.variable < b.variable; });
  auto last = begin;
  for (auto term = begin; term != terms_.end(); ++term) {
    if (term == begin) continue;
    if (term->variable == last->variable) {
      last->coefficient += term->coefficient;
    } else {
      *++last = *term;
    }
  }
  if (begin != terms_.end()) terms_.erase(last + 1, terms_.end());
  first_term_.push_back(static_cast<std::uint32_t>(terms_.size()));
  right_hand_side_.push_back(right_hand_side);
  is_equation_.push_back(is_equation ? 1 : 0);
}

void LinearProgram::write_mps(std::ostream& out, bool relaxed) const {
  struct Entry {
    std::uint32_t row;
    double coefficient;
  };
  std::vector<std::vector<Entry>> columns(variables());
  for (std::uint32_t row = 0; row < rows(); ++row) {
    for (std::uint32_t t = first_term_[row]; t < first_term_[row + 1]; ++t)
      columns[terms_[t].variable].push_back({row, terms_[t].coefficient});
  }
  fmt::print(out, "NAME bound FREE\nROWS\n N cost\n");
  for (std::size_t row = 0; row < rows(); ++row)
    fmt::print(out, " {} r{}\n", is_equation_[row] != 0 ? 'E' : 'G', row);
  fmt::print(out, "COLUMNS\n");
  bool in_integers = false;
  const auto mark = [&](bool integers) {
    if (in_integers == integers) return;
    in_integers = integers;
    fmt::print(out, " M 'MARKER' '{}'\n", integers ? "INTORG" : "INTEND");
  };
  for (std::size_t v = 0; v < variables(); ++v) {
    mark(!relaxed && is_integer_[v] != 0);
    if (v == 0) fmt::print(out, " x0 cost 1\n");
    // A column without entries is unknown to the readers of bounds.
    if (columns[v].empty() && v != 0) fmt::print(out, " x{} cost 0\n", v);
    for (const Entry& entry : columns[v])
      fmt::print(out, " x{} r{} {:.17g}\n", v, entry.row, entry.coefficient);
  }
  mark(false);
  fmt::print(out, "RHS\n");
  for (std::size_t row = 0; row < rows(); ++row) {
    if (right_hand_side_[row] != 0) fmt::print(out, " RHS r{} {:.17g}\n", row, right_hand_side_[row]);
  }
  fmt::print(out, "BOUNDS\n");
  for (std::size_t v = 0; v < variables(); ++v) {
    fmt::print(out, " LO BND x{} {:.17g}\n UP BND x{} {:.17g}\n", v, least_[v], v, most_[v]);
  }
  fmt::print(out, "ENDATA\n");
}

double LinearProgram::proven_by(std::span<const double> multipliers) const {
  std::vector<double> reduced(variables());
  std::vector<double> magnitude(variables());  // of what is summed up in each
  reduced[0] = magnitude[0] = 1;
  double bound = 0;
  double whole = 0;  // magnitude of what is summed up in the bound
  for (std::size_t row = 0; row < rows(); ++row) {
    const double multiplier = is_equation_[row] != 0 ? multipliers[row] : std::max(0.0, multipliers[row]);
    if (multiplier == 0) continue;
    bound += multiplier * right_hand_side_[row];
    whole += std::abs(multiplier * right_hand_side_[row]);
    for (std::uint32_t t = first_term_[row]; t < first_term_[row + 1]; ++t) {
      const double term = multiplier * terms_[t].coefficient;
      reduced[terms_[t].variable] -= term;
      magnitude[terms_[t].variable] += std::abs(term);
    }
  }
  for (std::size_t v = 0; v < variables(); ++v) {
    bound += reduced[v] * (reduced[v] > 0 ? least_[v] : most_[v]);
    whole += magnitude[v] * std::max(std::abs(least_[v]), std::abs(most_[v]));
  }
  // A sum of n terms is off by at most n - 1 half units of its terms' magnitudes (Higham, Accuracy and
  // Stability of Numerical Algorithms, 2002, section 4.2). A term goes through a sum of at most a term a row
  // for its variable, and through that of the rows and variables; half a unit to spare for each is plenty for
  // the products, and for the rounding of this very margin.
  const double additions = static_cast<double>(rows() + variables()) + 2;
  return bound - whole * additions * std::numeric_limits<double>::epsilon();
}

}  // namespace h2h::bounds
