// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/run/run.hpp>
#include <h2h/schedule/critical_path.hpp>
#include <h2h/simulation/simulator.hpp>

namespace h2h {

/// One part of a platform, made better by a factor, and what the same mapping then takes.
struct Upgrade {
  enum class Kind : std::uint8_t {
    link,  ///< bandwidth; both directions of a split-duplex link, which SimGrid names ID_UP and ID_DOWN
    accelerator,  ///< speed of computation, local DRAM included, of one FPGA
    memory        ///< capacity of the DRAM of one FPGA, and the part of it for weights
  };

  Kind kind = Kind::link;
  std::string name;                  ///< of the link, or of the FPGA
  std::vector<LinkIndex> links;      ///< of a link: its one or two directions
  AcceleratorIndex accelerator = 0;  ///< of the others
  double latency_s = 0;
  /// What the latency is to be compared with: that of the mapping as it is. With more memory steps 2 and 3
  /// are redone, and where they would be of use without it, too, that is none of its merit: then this is the
  /// latency of the mapping with the steps redone in the memory that is there.
  double reference_s = 0;

  /// What it saves; below 0 where contention makes it a loss.
  double saving_s() const { return reference_s - latency_s; }
};
std::string_view to_string(Upgrade::Kind kind);

struct WhatIfOptions {
  double factor = 2;       ///< how much better, above 1
  std::size_t most = 200;  ///< candidates to judge; at least 1
};

/// What would help.
struct WhatIf {
  double factor = 0;
  std::vector<Upgrade> upgrades;  ///< those that were judged, the largest saving first
  /// Candidates that cannot change anything: links that nothing crosses, accelerators that compute nothing,
  /// memory in which steps 2 and 3 keep what they keep without it.
  std::size_t idle = 0;
  /// Candidates beyond WhatIfOptions::most, those of the least promise. Promise is the analytic saving, and
  /// of a link besides the contention of those transfers of the critical path that it binds, times 1 - 1 /
  /// factor.
  std::size_t not_judged = 0;
};

/// Judges a mapping on platforms each of which is better in one part: every link, and of every FPGA the
/// accelerator and the memory. Assignment and order stay. So do pinned weights and fused tensors, but for
/// more memory: there steps 2 and 3 are redone on its FPGA (in scope `resident` if the mapping keeps a tensor
/// of layers that are not back to back, else `adjacent`), and what the mapping has stays if it is better.
///
/// Not modelled: what a better part costs, and what a search would make of it.
///
/// @param judgement of the mapping, as it is reported
/// @param simulators that judge, side by side; their number changes no result. None: the analytic evaluator
///        does, to which shared links are no limit
WhatIf what_if(const Problem& problem, const Judgement& judgement, const CriticalPath& path,
               std::span<Simulator> simulators, const WhatIfOptions& options = {});

}  // namespace h2h
