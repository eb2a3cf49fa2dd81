// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <h2h/schedule/schedule.hpp>

namespace h2h {

/// Energy of a run in joules. The paper's is active power times busy time, transfers included; what idles and
/// what the network draws is counted beside it. An accelerator is busy while it computes or transfers; under
/// overlapped execution the time that it does both counts once, as computing. A transfer between two FPGAs
/// keeps the one that pulls it busy, not the one that has it.
struct Energy {
  double compute_J = 0;   ///< active power of each accelerator times its computing
  double transfer_J = 0;  ///< the same times its transfers
  double idle_J = 0;      ///< idle power of every FPGA of the platform times the rest of the run
  double network_J =
      0;  ///< links with `idle_W` and `busy_W`: idle x T + (busy - idle) x integral of utilisation

  double paper_J() const { return compute_J + transfer_J; }
  double total_J() const { return paper_J() + idle_J + network_J; }
};

/// How an accelerator spent the run.
struct AcceleratorUse {
  double compute_s = 0;
  double transfer_s = 0;  ///< without computing
  double idle_s = 0;
  std::int64_t dram_peak_bytes = 0;

  double busy_s() const { return compute_s + transfer_s; }
};

/// What crossed a link.
struct LinkUse {
  std::int64_t bytes = 0;
  double busy_s = 0;         ///< time during which at least one transfer used it
  double utilisation_s = 0;  ///< integral of its utilisation over the run
};

std::vector<AcceleratorUse> accelerator_use(const Problem& problem, const Mapping& mapping,
                                            const Schedule& schedule);
std::vector<LinkUse> link_use(const Problem& problem, const Mapping& mapping, const Schedule& schedule);
Energy energy_of(const Problem& problem, const Mapping& mapping, const Schedule& schedule);

/// The same from what was used.
/// @param seconds from the beginning to the end, idle times included
Energy energy_of(const System& system, const std::vector<AcceleratorUse>& accelerators,
                 const std::vector<LinkUse>& links, double seconds);

/// Integral of a link's utilisation, from the bytes that crossed it and the time that it was busy.
double utilisation_s(const Link& link, const LinkUse& use);

/// What bringing the pinned weights to the accelerators costs once, before the run (section 4.2 assumes them
/// there).
struct Setup {
  std::int64_t bytes = 0;
  double seconds =
      0;  ///< of the slowest accelerator; each loads its own, side by side and without contention
  double energy_J = 0;
};
Setup setup_of(const Problem& problem, const Mapping& mapping);

}  // namespace h2h
