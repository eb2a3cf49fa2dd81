// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include <h2h/mapper/step.hpp>
#include <h2h/mapping/locality.hpp>

namespace h2h {

// The bracketed options by which steps say how they use the local DRAM: the same words in every step.

inline LocalityRules::Weights weights_option(const Section& options) {
  static const std::array<std::string, 2> kRules = {"exact", "release"};
  return options.choice("weights", kRules, "exact") == "exact" ? LocalityRules::Weights::exact
                                                               : LocalityRules::Weights::release;
}

inline LocalityRules::Scope scope_option(const Section& options) {
  static const std::array<std::string, 2> kScopes = {"adjacent", "resident"};
  return options.choice("scope", kScopes, "adjacent") == "adjacent" ? LocalityRules::Scope::adjacent
                                                                    : LocalityRules::Scope::resident;
}

inline bool dram_option(const Section& options) {
  static const std::array<std::string, 2> kChecks = {"enforced", "reported"};
  return options.choice("dram", kChecks, "enforced") == "enforced";
}

inline OptionDescription describe_weights() {
  return {"weights", "exact", "exact knapsack, or release (units of 1000 elements, earlier layers first)"};
}
inline OptionDescription describe_scope() {
  return {"scope", "adjacent",
          "fuse what runs back to back, or resident (same accelerator, while DRAM holds it)"};
}
inline OptionDescription describe_dram() {
  return {"dram", "enforced",
          "keep weights and tensors within the DRAM, or reported (as the release: only say so)"};
}

}  // namespace h2h
