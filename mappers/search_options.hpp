// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>

#include <h2h/search/annealing.hpp>

#include "locality_options.hpp"

namespace h2h {

// The bracketed options that all searches share.

/// `evals=N`, or `time=1s` of wall time.
inline SearchLimit limit_option(const Section& options, double otherwise_s) {
  const std::int64_t evaluations = options.integer("evals", 0, {0});
  if (evaluations > 0 && options.has("time")) {
    options.fail("time", "a search is limited by evals or by time, not by both");
  }
  if (evaluations > 0) return {static_cast<std::uint64_t>(evaluations), 0};
  return {std::nullopt, options.has("time") ? options.quantity("time", Dimension::seconds) : otherwise_s};
}

inline Objective objective_option(const Section& options) {
  static const std::array<std::string, 3> kObjectives = {"latency", "energy", "edp"};
  const std::string name = options.choice("objective", kObjectives, "latency");
  if (name == "energy") return kEnergy;
  return name == "edp" ? kEnergyDelayProduct : kLatency;
}

/// The step's own seed, if it has one.
inline std::optional<std::uint64_t> seed_option(const Section& options) {
  const std::int64_t seed = options.integer("seed", 0, {0});
  return seed == 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(seed));
}

inline Cooling cooling_option(const Section& options) {
  return {options.number("from", Cooling{}.from, kPositive<double>),
          options.number("to", Cooling{}.to, kPositive<double>)};
}

inline OptionDescription describe_evals() {
  return {"evals", "0", "stop after so many evaluations, whatever the machine; 0: by time"};
}
inline OptionDescription describe_time(std::string otherwise) {
  return {"time", std::move(otherwise), "stop after so much wall time"};
}
inline OptionDescription describe_from() {
  return {"from", "0.02", "temperature at first, as a part of the value at first"};
}
inline OptionDescription describe_to() {
  return {"to", "0.001", "temperature at last, likewise"};
}
inline OptionDescription describe_objective() {
  return {"objective", "latency", "what to make small: latency, energy or edp (their product)"};
}
inline OptionDescription describe_seed() {
  return {"seed", "0", "of the random numbers; 0: that of --seed"};
}

}  // namespace h2h
