// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
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

/// Routes from each FPGA of a platform to each other one, for transfers that do not pass the host: of a
/// thousand FPGAs a million, so they lie in flat arrays, a row a sender and a column a receiver, and share
/// the few different speeds.
struct PeerRoutes {
  /// Of a transfer while nothing else uses the route.
  struct Speed {
    double latency_s = 0;
    double bandwidth_Bps = 0;  ///< the smallest of its links

    /// As of a Route.
    double seconds(double bytes) const { return bytes > 0 ? latency_s + bytes / bandwidth_Bps : 0; }
    friend auto operator<=>(const Speed&, const Speed&) = default;
  };

  std::uint32_t fpgas = 0;                      ///< 0 where nobody asked for them
  std::vector<Speed> speeds;                    ///< the different ones
  std::vector<std::uint32_t> speed;             ///< of each route: which of them; of the diagonal: nothing
  std::vector<std::uint32_t> first_link = {0};  ///< of each route, in `links`; and the end
  std::vector<LinkIndex> links;

  bool empty() const { return fpgas == 0; }
  /// @pre @p from and @p to are two FPGAs
  const Speed& speed_of(std::uint32_t from, std::uint32_t to) const {
    return speeds[speed[static_cast<std::size_t>(from) * fpgas + to]];
  }
  std::span<const LinkIndex> links_of(std::uint32_t from, std::uint32_t to) const {
    const std::size_t at = static_cast<std::size_t>(from) * fpgas + to;
    return {links.data() + first_link[at], links.data() + first_link[at + 1]};
  }
};

/// Asks for the route between every two FPGAs.
/// @param route (from, to) of positions of FPGAs, gives a Route
template <typename RouteOf>
PeerRoutes peer_routes(std::uint32_t fpgas, const RouteOf& route) {
  PeerRoutes peers;
  peers.fpgas = fpgas;
  std::map<PeerRoutes::Speed, std::uint32_t> known;
  for (std::uint32_t from = 0; from < fpgas; ++from) {
    for (std::uint32_t to = 0; to < fpgas; ++to) {
      std::uint32_t speed = 0;
      if (from != to) {
        const Route one = route(from, to);
        const PeerRoutes::Speed of_one{one.latency_s, one.bandwidth_Bps};
        const auto [place, is_new] = known.emplace(of_one, static_cast<std::uint32_t>(peers.speeds.size()));
        if (is_new) peers.speeds.push_back(of_one);
        speed = place->second;
        peers.links.insert(peers.links.end(), one.links.begin(), one.links.end());
      }
      peers.speed.push_back(speed);
      peers.first_link.push_back(static_cast<std::uint32_t>(peers.links.size()));
    }
  }
  return peers;
}

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
  PeerRoutes peers;  ///< between the FPGAs, if they were asked for
  std::string simgrid_version;
  /// Settings of the user's that change SimGrid's model, of which the analytic one is then no bound.
  std::vector<std::string> model_settings;
};

}  // namespace h2h
