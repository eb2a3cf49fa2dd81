// SPDX-License-Identifier: Apache-2.0
#include <h2h/mapping/mapping_file.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include <h2h/base/files.hpp>
#include <h2h/base/section.hpp>
#include <h2h/base/text.hpp>

namespace h2h {
namespace {

constexpr char kSchema[] = "h2h-sim/mapping/1";

/// Names to indices, with a proposal for those that do not exist.
class Names {
 public:
  Names(std::vector<std::string> names, std::string_view what) : names_(std::move(names)), what_(what) {
    for (std::uint32_t i = 0; i < names_.size(); ++i) index_.emplace(names_[i], i);
  }

  std::uint32_t at(const std::string& name, const Location& where) const {
    const auto found = index_.find(name);
    if (found != index_.end()) return found->second;
    throw Error(ErrorKind::input, where, fmt::format("unknown {} '{}'", what_, name), suggest(name, names_));
  }

 private:
  std::vector<std::string> names_;
  std::string_view what_;
  std::map<std::string, std::uint32_t> index_;
};

std::vector<std::string> layer_names(const Problem& problem) {
  std::vector<std::string> names;
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer)
    names.push_back(problem.workload().layer(layer).name);
  return names;
}

class Reader {
 public:
  Reader(const Problem& problem, const Section& root)
      : problem_(problem),
        root_(root),
        layers_(layer_names(problem), "layer"),
        accelerators_(problem.system().accelerator_names(), "accelerator"),
        mapping_(Mapping::none(problem)) {}

  Mapping run() {
    if (const std::string schema = root_.text("schema"); schema != kSchema) {
      root_.fail("schema", fmt::format("schema '{}'", schema), fmt::format("this version reads {}", kSchema));
    }
    if (const std::string workload = root_.text("workload"); workload != problem_.workload().name()) {
      root_.fail("workload", fmt::format("this is a mapping of workload '{}', not of '{}'", workload,
                                         problem_.workload().name()));
    }
    const Section accelerators = root_.section("accelerators");
    for (const std::string& name : accelerators.keys()) read_accelerator(name, accelerators);
    for (LayerIndex layer = 0; layer < problem_.layers(); ++layer) {
      if (mapping_.accelerator[layer] == Mapping::kUnmapped) {
        root_.fail("accelerators",
                   fmt::format("layer '{}' is mapped nowhere", problem_.workload().layer(layer).name),
                   "add it to the order of an accelerator");
      }
    }
    if (root_.has("fused")) read_fused();
    root_.finish();
    return std::move(mapping_);
  }

 private:
  void read_accelerator(const std::string& name, const Section& accelerators) {
    const Section entry = accelerators.section(name);
    const AcceleratorIndex a = accelerators_.at(name, entry.where());
    const auto order = entry.texts("order");
    const auto places = entry.places("order");
    for (std::size_t i = 0; i < order.size(); ++i) {
      const LayerIndex layer = layers_.at(order[i], places[i]);
      if (mapping_.accelerator[layer] != Mapping::kUnmapped) {
        throw Error(ErrorKind::input, places[i], fmt::format("layer '{}' is mapped twice", order[i]),
                    "keep one");
      }
      if (!problem_.runs(layer, a)) {
        throw Error(ErrorKind::input, places[i],
                    fmt::format("'{}' ({}) does not run layer '{}' ({})", name,
                                problem_.system().accelerators[a].type.name(), order[i],
                                to_string(problem_.workload().layer(layer).type())));
      }
      mapping_.append(layer, a);
    }
    if (entry.has("pinned")) {
      const auto pinned = entry.texts("pinned");
      const auto pin_places = entry.places("pinned");
      for (std::size_t i = 0; i < pinned.size(); ++i) {
        const LayerIndex layer = layers_.at(pinned[i], pin_places[i]);
        if (mapping_.accelerator[layer] != a) {
          throw Error(ErrorKind::input, pin_places[i],
                      fmt::format("layer '{}' is pinned on '{}' but not mapped there", pinned[i], name));
        }
        mapping_.pinned[layer] = 1;
      }
    }
    entry.finish();
  }

  void read_fused() {
    const auto pairs = root_.text_lists("fused");
    const auto places = root_.places("fused");
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (pairs[i].size() != 2) {
        throw Error(ErrorKind::input, places[i], fmt::format("a fusion of {} layers", pairs[i].size()),
                    "give [producer, consumer]");
      }
      const LayerIndex producer = layers_.at(pairs[i][0], places[i]);
      const LayerIndex consumer = layers_.at(pairs[i][1], places[i]);
      bool any = false;
      for (const TensorIndex tensor : problem_.inputs(consumer)) {
        if (problem_.tensor(tensor).producer != producer) continue;
        mapping_.fused[tensor] = 1;
        any = true;
      }
      if (!any) {
        throw Error(ErrorKind::input, places[i],
                    fmt::format("'{}' does not read '{}'", pairs[i][1], pairs[i][0]),
                    "give [producer, consumer]");
      }
      if (mapping_.accelerator[producer] != mapping_.accelerator[consumer]) {
        throw Error(ErrorKind::input, places[i],
                    fmt::format("'{}' and '{}' run on different accelerators", pairs[i][0], pairs[i][1]),
                    "only layers of one accelerator can be fused");
      }
    }
  }

  const Problem& problem_;
  const Section& root_;
  Names layers_;
  Names accelerators_;
  Mapping mapping_;
};

}  // namespace

void write_mapping(std::ostream& out, const Problem& problem, const Mapping& mapping) {
  const auto name = [&](LayerIndex layer) { return problem.workload().layer(layer).name; };
  YAML::Emitter yaml;
  yaml << YAML::BeginMap;
  yaml << YAML::Key << "schema" << YAML::Value << kSchema;
  yaml << YAML::Key << "workload" << YAML::Value << problem.workload().name();
  yaml << YAML::Key << "accelerators" << YAML::Value << YAML::BeginMap;
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
    if (mapping.order[a].empty()) continue;
    yaml << YAML::Key << problem.system().accelerators[a].name << YAML::Value << YAML::BeginMap;
    yaml << YAML::Key << "order" << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const LayerIndex layer : mapping.order[a]) yaml << name(layer);
    yaml << YAML::EndSeq << YAML::Key << "pinned" << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const LayerIndex layer : mapping.order[a]) {
      if (mapping.pinned[layer] != 0) yaml << name(layer);
    }
    yaml << YAML::EndSeq << YAML::EndMap;
  }
  yaml << YAML::EndMap;
  yaml << YAML::Key << "fused" << YAML::Value << YAML::BeginSeq;
  for (TensorIndex tensor = 0; tensor < problem.tensors(); ++tensor) {
    if (mapping.fused[tensor] == 0) continue;
    const Tensor& edge = problem.tensor(tensor);
    // A residual of a layer's own input is a second tensor of the same pair.
    const auto earlier = problem.inputs(edge.consumer);
    if (std::any_of(earlier.begin(), earlier.end(), [&](TensorIndex other) {
          return other < tensor && problem.tensor(other).producer == edge.producer;
        })) {
      continue;
    }
    yaml << YAML::Flow << YAML::BeginSeq << name(edge.producer) << name(edge.consumer) << YAML::EndSeq;
  }
  yaml << YAML::EndSeq << YAML::EndMap;
  out << yaml.c_str() << '\n';
}

Mapping parse_mapping(std::string_view yaml, const std::string& file, const Problem& problem) {
  const Section root = Section::parse(yaml, file);
  Mapping mapping = Reader(problem, root).run();
  if (execution_sequence(problem, mapping).size() != problem.layers()) {
    throw Error(ErrorKind::input, {file},
                "the orders of the accelerators contradict the dependencies of the workload",
                "some layer would wait for itself");
  }
  return mapping;
}

Mapping read_mapping(const std::filesystem::path& path, const Problem& problem) {
  return parse_mapping(read_file(path), path.string(), problem);
}

}  // namespace h2h
