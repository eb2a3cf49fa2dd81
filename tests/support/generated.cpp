// SPDX-License-Identifier: Apache-2.0
#include "support/generated.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace h2h::test {
namespace {

constexpr int kNetworkLayers = 150;

/// Layer `index` of a network: blocks of three convolutions, the last of which adds the block's input.
LayerDescription generated_layer(int network, int index) {
  const auto name = [&](int i) { return fmt::format("n{}_l{}", network, i); };
  LayerDescription description;
  Layer& layer = description.layer;
  layer.name = name(index);
  layer.modality = fmt::format("n{}", network);
  const int stage = std::min(3, index / 37);
  const std::int64_t size = 56 >> stage;
  const std::int64_t width = 64 << stage;
  if (index + 1 == kNetworkLayers) {
    layer.operation = FullyConnected{width, 1000};
  } else {
    const std::int64_t in = index == 0                                        ? 3
                            : index % 37 == 0 && stage > 0 && index / 37 <= 3 ? width / 2
                                                                              : width;
    const std::int64_t kernel = index % 3 == 1 ? 3 : 1;
    layer.operation = Conv{width, in, size, size, kernel, kernel, 1, 1, 1};
    if (index > 3 && index % 3 == 2) description.residual = {name(index - 3)};
  }
  if (index > 0) description.inputs = {name(index - 1)};
  return description;
}

}  // namespace

Workload generated_workload(int layers) {
  WorkloadDescription description;
  description.name = fmt::format("generated{}", layers);
  description.unchecked_reason = "a residual may pass a change of width";
  for (int i = 0; i < layers; ++i)
    description.layers.push_back(generated_layer(i / kNetworkLayers, i % kNetworkLayers));
  return Workload(description);
}

std::string generated_platform(int fpgas) {
  constexpr std::array kTypes = {"J.Z", "C.Z", "W.J", "J.Q", "A.C", "Y.G",
                                 "T.M", "A.P", "X.W", "S.H", "X.Z", "B.L"};
  std::string xml =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n<platform "
      "version=\"4.1\">\n"
      "<zone id=\"generated\" routing=\"Full\"><prop id=\"accelerators\" value=\"accelerators.yaml\"/>\n";
  for (int rack = 0; rack < 2; ++rack) {
    xml += fmt::format("<zone id=\"rack{}\" routing=\"Cluster\">\n", rack);
    if (rack == 0) xml += "<host id=\"host\" speed=\"1Gf\"><prop id=\"role\" value=\"host\"/></host>\n";
    for (int i = rack; i < fpgas; i += 2) {
      xml += fmt::format("<host id=\"fpga{}\" speed=\"1Gf\"><prop id=\"accelerator\" value=\"{}\"/></host>\n",
                         i, kTypes.at(static_cast<std::size_t>(i) % kTypes.size()));
    }
    xml += fmt::format("<router id=\"switch{}\"/>\n", rack);
    if (rack == 0)
      xml +=
          "<link id=\"host_port\" bandwidth=\"2000GBps\" latency=\"0us\" sharing_policy=\"SPLITDUPLEX\"/>\n";
    for (int i = rack; i < fpgas; i += 2) {
      xml += fmt::format(
          "<link id=\"port{}\" bandwidth=\"125MBps\" latency=\"50us\" sharing_policy=\"SPLITDUPLEX\"/>\n", i);
    }
    if (rack == 0) xml += "<host_link id=\"host\" up=\"host_port_UP\" down=\"host_port_DOWN\"/>\n";
    for (int i = rack; i < fpgas; i += 2)
      xml += fmt::format("<host_link id=\"fpga{0}\" up=\"port{0}_UP\" down=\"port{0}_DOWN\"/>\n", i);
    xml += "</zone>\n";
  }
  return xml +
         "<link id=\"uplink\" bandwidth=\"2000GBps\" latency=\"0us\" sharing_policy=\"SPLITDUPLEX\"/>\n"
         "<zoneRoute src=\"rack0\" dst=\"rack1\" gw_src=\"switch0\" gw_dst=\"switch1\"><link_ctn "
         "id=\"uplink\" direction=\"UP\"/></zoneRoute>\n"
         "</zone></platform>\n";
}

}  // namespace h2h::test
