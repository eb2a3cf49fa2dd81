// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace h2h {

/// Position of a link in PlatformDescription::links.
using LinkIndex = std::uint32_t;

/// A link as SimGrid shares it; a split-duplex link counts as two, `ID_UP` and `ID_DOWN`.
struct Link {
  std::string name;
  double bandwidth_Bps = 0;
  double latency_s = 0;
  bool is_fatpipe = false;  ///< limits each flow by itself and is never shared
  double idle_W = 0;        ///< power when nothing flows (property `idle_W`)
  double busy_W = 0;        ///< power at full use (property `busy_W`)
};

/// What a transfer crosses between two hosts.
struct Route {
  std::vector<LinkIndex> links;
  double latency_s = 0;
  double bandwidth_Bps = 0;  ///< the smallest of its links: BW_acc of the paper

  /// Seconds for so many bytes while nothing else uses the route; zero bytes are no transfer.
  double seconds(double bytes) const { return bytes > 0 ? latency_s + bytes / bandwidth_Bps : 0; }
};

/// A SimGrid host with the property `accelerator`: an FPGA.
struct FpgaDescription {
  std::string name;
  std::map<std::string, std::string> properties;
  Route from_host;
  Route to_host;
};

/// What SimGrid makes of a platform file, as plain data.
struct PlatformDescription {
  std::string file;
  std::string name;                    ///< of the root zone
  std::string host;                    ///< the host node, by its property `role`
  std::string catalogue;               ///< property `accelerators` of the root zone, empty if there is none
  std::vector<FpgaDescription> fpgas;  ///< in file order
  std::vector<Link> links;
  std::string simgrid_version;
  /// Settings of the user's that change SimGrid's model, of which the analytic one is then no bound.
  std::vector<std::string> model_settings;
};

}  // namespace h2h
