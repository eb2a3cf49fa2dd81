// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <h2h/accelerator/catalogue.hpp>
#include <h2h/platform/system.hpp>
#include <h2h/workload/workload.hpp>

namespace h2h {

/// Why nothing maps: layers that no accelerator of a platform runs, and the smallest change by which all do.
struct Infeasibility {
  /// Layers of one type that run nowhere.
  struct Gap {
    LayerType type = LayerType::conv;
    std::vector<LayerIndex> layers;
    /// Accelerators of the platform have the type, but do not run these layers: their tables do not list
    /// them.
    bool type_is_there = false;
    std::vector<std::string> remedies;  ///< entries of the catalogue that run all of them
  };
  std::vector<Gap> gaps;  ///< by type; empty if every layer runs somewhere
  /// Each of these sets of catalogue entries, put on further FPGAs, runs what none runs now and the catalogue
  /// can; none is smaller. In catalogue order, kMostSets at most.
  std::vector<std::vector<std::string>> least_sets;
  std::vector<LayerIndex> hopeless;  ///< layers that no entry of the catalogue runs

  static constexpr std::size_t kMostSets = 100;

  bool is_feasible() const { return gaps.empty(); }
};

/// Looks for layers that run nowhere.
Infeasibility find_infeasibility(const Workload& workload, const System& system, const Catalogue& catalogue);

/// What to add, in words: "A.C or C.Z", "A.C + S.H"; empty where the catalogue does not help.
std::string remedy_of(const Infeasibility& infeasibility);

}  // namespace h2h
