// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/cost/problem.hpp>
#include <h2h/platform/system.hpp>
#include <h2h/plugin/registry.hpp>
#include <h2h/workload/workload_file.hpp>

namespace h2h::test {

/// An FPGA with a link down and a link up of its own.
struct FpgaByHand {
  std::string name;
  std::string accelerator;
  double bandwidth_Bps = 100;
  double latency_s = 0;
  std::map<std::string, std::string> properties = {};
};

inline PlatformDescription platform_by_hand(const std::vector<FpgaByHand>& fpgas) {
  PlatformDescription platform;
  platform.file = "p.xml";
  platform.name = "by-hand";
  platform.host = "host";
  for (const FpgaByHand& fpga : fpgas) {
    FpgaDescription& described = platform.fpgas.emplace_back();
    described.name = fpga.name;
    described.properties = fpga.properties;
    described.properties["accelerator"] = fpga.accelerator;
    for (Route* route : {&described.from_host, &described.to_host}) {
      *route = {{static_cast<LinkIndex>(platform.links.size())}, fpga.latency_s, fpga.bandwidth_Bps};
      platform.links.push_back({fpga.name + (route == &described.from_host ? "_DOWN" : "_UP"),
                                fpga.bandwidth_Bps, fpga.latency_s});
    }
  }
  // From one FPGA to another: its way up and the other's way down.
  platform.peers =
      peer_routes(static_cast<std::uint32_t>(fpgas.size()), [&](std::uint32_t from, std::uint32_t to) {
        return Route{{platform.fpgas[from].to_host.links[0], platform.fpgas[to].from_host.links[0]},
                     fpgas[from].latency_s + fpgas[to].latency_s,
                     std::min(fpgas[from].bandwidth_Bps, fpgas[to].bandwidth_Bps)};
      });
  return platform;
}

inline Catalogue catalogue_by_hand(std::string_view yaml) {
  static const Registry registry = builtin_registry();
  return parse_catalogue(yaml, "c.yaml", registry.models());
}

/// A problem with everything that it refers to.
class ByHand {
 public:
  ByHand(std::string_view workload_yaml, std::string_view catalogue_yaml,
         const std::vector<FpgaByHand>& fpgas, Activations activations = Activations::host)
      : workload(parse_workload(workload_yaml, "w.yaml")),
        system(make_system(platform_by_hand(fpgas), catalogue_by_hand(catalogue_yaml))),
        problem(workload, system, activations) {}
  ByHand(const ByHand&) = delete;
  ByHand& operator=(const ByHand&) = delete;

  Workload workload;
  System system;
  Problem problem;
};

}  // namespace h2h::test
