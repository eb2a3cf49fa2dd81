// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>

#include <h2h/search/annealing.hpp>

#include "locality_options.hpp"

namespace h2h {

// The bracketed options that all searches share.

/// `evals=N`, or `time=1s`, in wall time.
inline SearchLimit limit_option(const Section& options, SearchLimit otherwise) {
  if (options.has("evals") && options.has("time")) {
    options.fail("time", "a search is limited by evals or by time, not by both");
  }
  SearchLimit limit = otherwise;
  if (options.has("evals")) {
    limit.evaluations = static_cast<std::uint64_t>(options.integer("evals", {0}));
  } else if (options.has("time")) {
    limit = {std::nullopt, options.quantity("time", Dimension::seconds)};
  }
  return limit;
}

inline Objective objective_option(const Section& options) {
  static const std::array<std::string, 3> kObjectives = {"latency", "energy", "edp"};
  const std::string name = options.choice("objective", kObjectives, "latency");
  if (name == "energy") return Objective::energy;
  return name == "edp" ? Objective::energy_delay_product : Objective::latency;
}

/// The step's own seed, if it has one.
inline std::optional<std::uint64_t> seed_option(const Section& options) {
  if (!options.has("seed")) return std::nullopt;
  return static_cast<std::uint64_t>(options.integer("seed", {0}));
}

inline OptionDescription describe_evals() {
  return {"evals", "", "stop after so many evaluations; the result is then the same on every machine"};
}
inline OptionDescription describe_time(std::string otherwise) {
  return {"time", std::move(otherwise), "stop after so much wall time"};
}
inline OptionDescription describe_objective() {
  return {"objective", "latency", "what to make small: latency, energy or edp (their product)"};
}
inline OptionDescription describe_seed() {
  return {"seed", "", "of the random numbers; default: --seed"};
}

}  // namespace h2h
