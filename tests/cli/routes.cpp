// SPDX-License-Identifier: Apache-2.0
//
// What SimGrid makes of a platform, as lines of text: `link NAME BYTES_PER_SECOND SECONDS` of every link, and
// `route SOURCE TARGET SECONDS LINK...` of every two hosts that have a property, both ways.
#include <cstdio>
#include <vector>

#include <simgrid/s4u.hpp>

namespace sg4 = simgrid::s4u;

namespace {

std::vector<sg4::Host*> hosts_with_properties(const sg4::Engine& engine) {
  std::vector<sg4::Host*> chosen;
  for (sg4::Host* host : engine.get_all_hosts()) {
    if (!host->get_properties()->empty()) chosen.push_back(host);
  }
  return chosen;
}

void print_route(const sg4::Host* source, const sg4::Host* target) {
  std::vector<sg4::Link*> links;
  double latency_s = 0;
  source->route_to(target, links, &latency_s);
  std::printf("route %s %s %.17g", source->get_cname(), target->get_cname(), latency_s);
  for (const sg4::Link* link : links) std::printf(" %s", link->get_cname());
  std::printf("\n");
}

}  // namespace

int main(int count, char** words) {
  sg4::Engine engine(&count, words);
  if (count != 2) {
    std::fprintf(stderr, "usage: h2h-routes PLATFORM\n");
    return 2;
  }
  engine.load_platform(words[1]);
  engine.seal_platform();
  for (const sg4::Link* link : engine.get_all_links())
    std::printf("link %s %.17g %.17g\n", link->get_cname(), link->get_bandwidth(), link->get_latency());
  const std::vector<sg4::Host*> hosts = hosts_with_properties(engine);
  for (const sg4::Host* source : hosts) {
    for (const sg4::Host* target : hosts) {
      if (source != target) print_route(source, target);
    }
  }
}
