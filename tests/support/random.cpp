// SPDX-License-Identifier: Apache-2.0
#include "support/random.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <h2h/mapping/locality.hpp>

namespace h2h::test {
namespace {

constexpr char kCopyMark = '#';

/// Seconds that depend on layer and accelerator as if at random; copies of a layer take as long as it.
class RandomModel : public AcceleratorModel {
 public:
  explicit RandomModel(std::uint64_t salt) : salt_(salt) {}
  bool runs(LayerType /*type*/) const override { return true; }
  std::optional<ComputeTime> time(const Layer& layer) const override {
    std::uint64_t hash = salt_;
    for (const char c : layer.name.substr(0, layer.name.find(kCopyMark)))
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    Random random(hash);
    return ComputeTime{static_cast<double>(draw(random, 0, 1000000)) * 1e-6, Bottleneck::compute};
  }

 private:
  std::uint64_t salt_;
};

Operation random_operation(Random& random, const WorkloadShape& shape) {
  const auto size = [&] { return draw(random, 1, shape.largest_size); };
  switch (draw(random, 0, 7)) {
    case 0:
      return FullyConnected{size() * size(), size() * size()};
    case 1:
      return Lstm{size(),
                  size(),
                  draw(random, 1, 2),
                  size(),
                  chance(random, 0.3),
                  chance(random, 0.5) ? Lstm::Outputs::sequence : Lstm::Outputs::last};
    case 2:
      return Pool{size(), size(), size(), 2, 2, 2, 2};
    case 3:
      return Add{size(), size(), size()};
    case 4:
      return Concat{size(), size(), size()};
    case 5:
      return MatMul{size(), size(), size(), true};
    case 6:
      return Attention{size(), size(), 1};
    default: {
      const std::int64_t kernel = draw(random, 1, 3);
      const std::int64_t stride = draw(random, 1, 2);
      return Conv{size(), size(), size(), size(), kernel, kernel, stride, stride, 1};
    }
  }
}

}  // namespace

std::int64_t draw(Random& random, std::int64_t least, std::int64_t most) {
  return least + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
}

bool chance(Random& random, double probability) {
  return static_cast<double>(random() >> 11U) * 0x1p-53 < probability;
}

Workload random_workload(Random& random, const WorkloadShape& shape) {
  WorkloadDescription description;
  description.name = "random";
  description.unchecked_reason = "random shapes";
  const std::int64_t layers = draw(random, shape.least_layers, shape.most_layers);
  for (std::int64_t i = 0; i < layers; ++i) {
    LayerDescription& layer = description.layers.emplace_back();
    layer.layer = {fmt::format("l{}", i), fmt::format("m{}", draw(random, 0, 2)),
                   random_operation(random, shape), 1};
    const auto earlier = [&] {
      return fmt::format("l{}", draw(random, std::max<std::int64_t>(0, i - 8), i - 1));
    };
    const auto add_new = [&](std::vector<std::string>& names) {
      const std::string name = earlier();
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    };
    if (i > 0 && chance(random, 0.9)) {
      const std::int64_t inputs = draw(random, 1, shape.most_inputs);
      for (std::int64_t k = 0; k < inputs; ++k) add_new(layer.inputs);
    }
    if (i > 0 && chance(random, shape.residuals)) add_new(layer.residual);
  }
  return Workload(description);
}

Workload several_times(const Workload& workload, std::size_t times) {
  WorkloadDescription description;
  description.name = workload.name();
  description.unchecked_reason = "random shapes";
  for (std::size_t copy = 0; copy < times; ++copy) {
    const auto name_of = [&](LayerIndex layer) {
      return fmt::format("{}{}{}", workload.layer(layer).name, kCopyMark, copy);
    };
    for (LayerIndex layer = 0; layer < workload.size(); ++layer) {
      LayerDescription& made = description.layers.emplace_back();
      made.layer = workload.layer(layer);
      made.layer.name = name_of(layer);
      const auto& graph = workload.graph();
      for (const auto edge : boost::make_iterator_range(boost::in_edges(layer, graph))) {
        const bool is_input = graph[edge].role == Dependency::Role::input;
        (is_input ? made.inputs : made.residual)
            .push_back(name_of(static_cast<LayerIndex>(boost::source(edge, graph))));
      }
    }
  }
  return Workload(description);
}

Mapping several_times(const Mapping& mapping, std::size_t times) {
  const auto layers = static_cast<LayerIndex>(mapping.accelerator.size());
  Mapping all;
  all.order.resize(mapping.order.size());
  for (std::size_t copy = 0; copy < times; ++copy) {
    const auto add = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    add(all.accelerator, mapping.accelerator);
    add(all.pinned, mapping.pinned);
    add(all.fused, mapping.fused);
    for (std::size_t a = 0; a < mapping.order.size(); ++a) {
      for (const LayerIndex layer : mapping.order[a])
        all.order[a].push_back(layer + layers * static_cast<LayerIndex>(copy));
    }
  }
  return all;
}

std::string random_platform_xml(Random& random, int fpgas, bool contended) {
  const int switches = static_cast<int>(draw(random, 1, 2));
  std::int64_t sum_MBps = 0;
  std::vector<std::int64_t> port_MBps;
  for (int i = 0; i < fpgas; ++i) {
    port_MBps.push_back(draw(random, 1, 20) * 25);
    sum_MBps += port_MBps.back();
  }
  const std::int64_t shared_MBps = contended ? std::max<std::int64_t>(1, sum_MBps / (fpgas + 1)) : sum_MBps;
  const std::int64_t latency_us = draw(random, 0, 2) * 25;
  std::string xml =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
      "<platform version=\"4.1\"><zone id=\"random\" routing=\"Full\">\n";
  for (int s = 0; s < switches; ++s) {
    xml += fmt::format("<zone id=\"z{}\" routing=\"Cluster\">\n", s);
    if (s == 0) xml += "<host id=\"host\" speed=\"1Gf\"><prop id=\"role\" value=\"host\"/></host>\n";
    for (int i = s; i < fpgas; i += switches) {
      xml +=
          fmt::format("<host id=\"fpga{}\" speed=\"{}Mf\"><prop id=\"accelerator\" value=\"a{}\"/></host>\n",
                      i, draw(random, 1, 9999), i);
    }
    xml += fmt::format("<router id=\"s{}\"/>\n", s);
    if (s == 0) {
      xml += fmt::format(
          "<link id=\"lh\" bandwidth=\"{}MBps\" latency=\"0us\" sharing_policy=\"SPLITDUPLEX\"/>\n",
          shared_MBps);
    }
    for (int i = s; i < fpgas; i += switches) {
      xml += fmt::format(
          "<link id=\"l{}\" bandwidth=\"{}MBps\" latency=\"{}us\" sharing_policy=\"SPLITDUPLEX\"/>\n", i,
          port_MBps[static_cast<std::size_t>(i)], latency_us);
    }
    if (s == 0) xml += "<host_link id=\"host\" up=\"lh_UP\" down=\"lh_DOWN\"/>\n";
    for (int i = s; i < fpgas; i += switches)
      xml += fmt::format("<host_link id=\"fpga{0}\" up=\"l{0}_UP\" down=\"l{0}_DOWN\"/>\n", i);
    xml += "</zone>\n";
  }
  if (switches == 2) {
    xml += fmt::format(
        "<link id=\"up\" bandwidth=\"{}MBps\" latency=\"0us\" sharing_policy=\"SPLITDUPLEX\"/>\n"
        "<zoneRoute src=\"z0\" dst=\"z1\" gw_src=\"s0\" gw_dst=\"s1\"><link_ctn id=\"up\" "
        "direction=\"UP\"/></zoneRoute>\n",
        shared_MBps);
  }
  return xml + "</zone></platform>\n";
}

std::string random_uncontended_xml(Random& random, int fpgas) {
  // Of two transfers of unequal latency SimGrid slows one down even on a fat pipe: every route crosses two
  // links of the same latency.
  const std::int64_t latency_us = draw(random, 0, 2) * 25;
  std::string xml =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
      "<platform version=\"4.1\"><zone id=\"random\" routing=\"Cluster\">\n"
      "<host id=\"host\" speed=\"1Gf\"><prop id=\"role\" value=\"host\"/></host>\n";
  std::string links = fmt::format(
      "<link id=\"lh\" bandwidth=\"1GBps\" latency=\"{}us\" sharing_policy=\"FATPIPE\"/>\n", latency_us);
  std::string ports = "<host_link id=\"host\" up=\"lh\" down=\"lh\"/>\n";
  for (int i = 0; i < fpgas; ++i) {
    xml += fmt::format(
        "<host id=\"fpga{0}\" speed=\"1Gf\"><prop id=\"accelerator\" value=\"a{0}\"/></host>\n", i);
    for (const char* direction : {"up", "down"}) {
      links += fmt::format(
          "<link id=\"{}{}\" bandwidth=\"{}MBps\" latency=\"{}us\" sharing_policy=\"FATPIPE\"/>\n", direction,
          i, draw(random, 1, 20) * 25, latency_us);
    }
    ports += fmt::format("<host_link id=\"fpga{0}\" up=\"up{0}\" down=\"down{0}\"/>\n", i);
  }
  return xml + "<router id=\"s\"/>\n" + links + ports + "</zone></platform>\n";
}

PlatformDescription random_description(Random& random, int fpgas) {
  PlatformDescription platform;
  platform.name = "random";
  platform.host = "host";
  for (int i = 0; i < fpgas; ++i) {
    FpgaDescription fpga;
    fpga.name = fmt::format("fpga{}", i);
    const double down_Bps = static_cast<double>(draw(random, 1, 20)) * 25e6;
    const double up_Bps = chance(random, 0.5) ? down_Bps : static_cast<double>(draw(random, 1, 20)) * 25e6;
    const double latency_s = static_cast<double>(draw(random, 0, 2)) * 25e-6;
    for (const auto& [direction, bandwidth_Bps] : {std::pair{"DOWN", down_Bps}, std::pair{"UP", up_Bps}}) {
      Route& route = direction == std::string_view("DOWN") ? fpga.from_host : fpga.to_host;
      route = {{static_cast<LinkIndex>(platform.links.size())}, latency_s, bandwidth_Bps};
      platform.links.push_back({fmt::format("l{}_{}", i, direction), bandwidth_Bps, latency_s});
    }
    platform.fpgas.push_back(std::move(fpga));
  }
  platform.peers = peer_routes(static_cast<std::uint32_t>(fpgas), [&](std::uint32_t from, std::uint32_t to) {
    const Route& up = platform.fpgas[from].to_host;
    const Route& down = platform.fpgas[to].from_host;
    return Route{{up.links[0], down.links[0]},
                 up.latency_s + down.latency_s,
                 std::min(up.bandwidth_Bps, down.bandwidth_Bps)};
  });
  return platform;
}

System random_system(Random& random, const PlatformDescription& platform, bool tight) {
  System system;
  system.name = platform.name;
  system.host = platform.host;
  system.links = platform.links;
  system.peers = platform.peers;
  system.ifm_extent = chance(random, 0.3) ? IfmExtent::output_doubled : IfmExtent::input;
  // Some accelerators are of one design.
  std::vector<std::shared_ptr<const AcceleratorModel>> designs;
  for (int i = 0; i < 3; ++i) designs.push_back(std::make_shared<RandomModel>(random()));
  for (const FpgaDescription& fpga : platform.fpgas) {
    Accelerator accelerator;
    accelerator.name = fpga.name;
    accelerator.from_host = fpga.from_host;
    accelerator.to_host = fpga.to_host;
    AcceleratorType& type = accelerator.type;
    type.device.name = "A" + fpga.name;
    type.device.weight_bits = chance(random, 0.5) ? 32 : static_cast<int>(draw(random, 1, 16));
    type.device.activation_bits = chance(random, 0.5) ? 32 : static_cast<int>(draw(random, 1, 16));
    type.model = designs[static_cast<std::size_t>(draw(random, 0, 2))];
    for (std::size_t t = 0; t < layer_type_names().size(); ++t) {
      if (system.accelerators.empty() || chance(random, 0.7))
        type.layer_types.insert(static_cast<LayerType>(t));
    }
    if (type.layer_types.empty()) type.layer_types.insert(LayerType::conv);
    accelerator.dram_bytes = tight ? draw(random, 0, 200000) : draw(random, 0, 1) * 1000000 + 100000000;
    accelerator.weight_budget_bytes = accelerator.dram_bytes / draw(random, 1, 4);
    accelerator.active_W = static_cast<double>(draw(random, 1, 40));
    accelerator.idle_W = static_cast<double>(draw(random, 0, 5));
    system.accelerators.push_back(std::move(accelerator));
  }
  return system;
}

Mapping random_mapping(Random& random, const Problem& problem) {
  Mapping mapping = Mapping::none(problem);
  std::vector<std::uint32_t> waiting(problem.layers());
  std::vector<LayerIndex> ready;
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    for (const TensorIndex tensor : problem.inputs(layer))
      waiting[layer] += problem.tensor(tensor).is_network_input() ? 0 : 1;
    if (waiting[layer] == 0) ready.push_back(layer);
  }
  while (!ready.empty()) {
    const auto pick = static_cast<std::size_t>(draw(random, 0, static_cast<std::int64_t>(ready.size()) - 1));
    const LayerIndex layer = ready[pick];
    ready.erase(ready.begin() + static_cast<std::ptrdiff_t>(pick));
    const auto candidates = problem.candidates(layer);
    mapping.append(layer, candidates[static_cast<std::size_t>(
                              draw(random, 0, static_cast<std::int64_t>(candidates.size()) - 1))]);
    for (const TensorIndex tensor : problem.outputs(layer)) {
      if (--waiting[problem.tensor(tensor).consumer] == 0) ready.push_back(problem.tensor(tensor).consumer);
    }
  }
  LocalityRules rules;
  rules.scope = chance(random, 0.5) ? LocalityRules::Scope::resident : LocalityRules::Scope::adjacent;
  DramAllocator allocator(problem, rules);
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
    const auto pinned = allocator.pin(a, mapping.order[a]);
    std::vector<char> kept(pinned.begin(), pinned.end());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (chance(random, 0.3)) kept[i] = 0;
      mapping.pinned[mapping.order[a][i]] = kept[i];
    }
    // Leaving a tensor out frees memory; both tensors of a pair go together.
    for (const TensorIndex tensor : allocator.fuse(a, mapping.order[a], kept)) mapping.fused[tensor] = 1;
    for (const LayerIndex layer : mapping.order[a]) {
      for (const TensorIndex tensor : problem.inputs(layer)) {
        if (mapping.fused[tensor] == 0 || chance(random, 0.7)) continue;
        for (const TensorIndex other : problem.inputs(layer)) {
          if (problem.tensor(other).producer == problem.tensor(tensor).producer) mapping.fused[other] = 0;
        }
      }
    }
  }
  return mapping;
}

}  // namespace h2h::test
