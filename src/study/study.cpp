// SPDX-License-Identifier: Apache-2.0
#include <h2h/study/study.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <tuple>

#include <boost/lexical_cast.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <h2h/base/section.hpp>
#include <h2h/base/text.hpp>
#include <h2h/base/words.hpp>
#include <h2h/scenario/scenario_run.hpp>
#include <h2h/simulation/simulator.hpp>

namespace h2h {
namespace {

constexpr std::string_view kSchema = "h2h-sim/study/1";
constexpr std::uint64_t kMostPoints = 1'000'000;

/// Refuses a value that an axis cannot have.
using Check = void (*)(const std::string& value, const Location& where);

void refuse_unless_whole(const std::string& value, const Location& where, std::int64_t least,
                         std::int64_t most) {
  std::int64_t number = 0;
  if (!boost::conversion::try_lexical_convert(value, number) || number < least || number > most) {
    throw Error(ErrorKind::input, where,
                fmt::format("'{}' is no whole number from {} to {}", value, least, most));
  }
}

void accept(const std::string& /*value*/, const Location& /*where*/) {}

void check_bandwidth(const std::string& value, const Location& where) {
  if (value != kOwnBandwidth) parse_bandwidth(value, "bandwidth", ErrorKind::input, where);
}

void check_batch(const std::string& value, const Location& where) {
  constexpr std::int64_t kMostBatch = 1 << 30;
  refuse_unless_whole(value, where, 1, kMostBatch);
}

void check_seed(const std::string& value, const Location& where) {
  refuse_unless_whole(value, where, 0, std::numeric_limits<std::int64_t>::max());
}

void refuse_unless_among(const std::vector<std::string>& known, std::string_view what,
                         const std::string& value, const Location& where) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return;
  throw Error(ErrorKind::input, where, fmt::format("unknown {} '{}'", what, value), suggest(value, known));
}

void check_evaluator(const std::string& value, const Location& where) {
  refuse_unless_among({"analytic", "replay"}, "evaluator", value, where);
}

void check_execution(const std::string& value, const Location& where) {
  refuse_unless_among({std::string(to_string(Execution::serial)), std::string(to_string(Execution::overlap))},
                      "execution", value, where);
}

void check_activations(const std::string& value, const Location& where) {
  refuse_unless_among(
      {std::string(to_string(Activations::host)), std::string(to_string(Activations::direct))}, "activations",
      value, where);
}

void check_frames(const std::string& value, const Location& where) {
  refuse_unless_whole(value, where, 1, static_cast<std::int64_t>(kMostFrames));
}

void check_period(const std::string& value, const Location& where) {
  parse_period(value, "period", ErrorKind::input, where);
}

void check_deadline(const std::string& value, const Location& where) {
  parse_period(value, "deadline", ErrorKind::input, where);
}

void check_remap(const std::string& value, const Location& where) {
  refuse_unless_among(words_of(kRemaps), "way to remap", value, where);
}

void check_eviction(const std::string& value, const Location& where) {
  refuse_unless_among(words_of(kEvictions), "eviction", value, where);
}

/// How a setting stands in a study file. A new one is a row here, and what the runner of points makes of it.
struct SettingFormat {
  Setting setting;
  std::string column;
  std::string key;
  std::optional<std::string> otherwise;  ///< where the file has no such axis; nothing: it must have one
  Check check;
  bool is_of_streams = false;
};

const std::vector<SettingFormat>& setting_formats() {
  static const std::vector<SettingFormat> kFormats = {
      {Setting::workload, "workload", "workloads", std::nullopt, accept},
      {Setting::platform, "platform", "platforms", std::nullopt, accept},
      {Setting::bandwidth, "bandwidth", "bandwidths", std::string(kOwnBandwidth), check_bandwidth},
      {Setting::batch, "batch", "batches", "", check_batch},
      {Setting::modalities, "modalities", "modalities", std::string(kAllModalities), accept},
      {Setting::mapper, "mapper", "mappers", std::nullopt, accept},
      {Setting::evaluator, "evaluator", "evaluators", "analytic", check_evaluator},
      {Setting::seed, "seed", "seeds", "1", check_seed},
      {Setting::execution, "execution", "execution", std::string(to_string(Execution::serial)),
       check_execution},
      {Setting::activations, "activations", "activations", std::string(to_string(Activations::host)),
       check_activations},
      {Setting::scenario, "scenario", "scenarios", std::string(kNoScenario), accept, true},
      {Setting::every, "every", "every", "", check_frames, true},
      {Setting::frames, "frames", "frames", "", check_frames, true},
      {Setting::period, "period", "periods", "", check_period, true},
      {Setting::deadline, "deadline", "deadlines", "", check_deadline, true},
      {Setting::remap, "remap", "remap", std::string(to_string(Remap::warm)), check_remap, true},
      {Setting::evict, "evict", "evict", std::string(to_string(Eviction::lru)), check_eviction, true},
  };
  return kFormats;
}

const SettingFormat& format_of(Setting setting) {
  return *std::find_if(setting_formats().begin(), setting_formats().end(),
                       [&](const SettingFormat& format) { return format.setting == setting; });
}

Axis read_axis(const Section& section, const std::string& key, std::string name,
               std::optional<Setting> setting) {
  Axis axis{std::move(name), setting, section.texts(key), section.places(key)};
  if (axis.values.empty()) section.fail(key, fmt::format("'{}' has no value", key), "give one or several");
  std::set<std::string_view> known;
  for (std::size_t i = 0; i < axis.values.size(); ++i) {
    if (!known.insert(axis.values[i]).second) {
      throw Error(ErrorKind::input, axis.places[i], fmt::format("'{}' stands twice", axis.values[i]),
                  "keep one");
    }
  }
  return axis;
}

/// Axes with the places of their keys, by which they are put in order: the file's order is that of the
/// points.
class AxisReader {
 public:
  void add(const Section& section, const std::string& key, Axis axis) {
    const Location where = section.where(key);
    found_.push_back({{where.line, where.column}, std::move(axis)});
  }

  std::vector<Axis> in_file_order() && {
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Found& a, const Found& b) { return a.at < b.at; });
    std::vector<Axis> axes;
    for (Found& found : found_) axes.push_back(std::move(found.axis));
    return axes;
  }

 private:
  struct Found {
    std::pair<int, int> at;
    Axis axis;
  };
  std::vector<Found> found_;
};

std::vector<Axis> read_axes(const Section& root) {
  AxisReader reader;
  for (const SettingFormat& format : setting_formats()) {
    // Scenarios name workloads, too.
    const bool must_be = !format.otherwise &&
                         !(format.setting == Setting::workload && root.has(format_of(Setting::scenario).key));
    if (!must_be && !root.has(format.key)) continue;
    Axis axis = read_axis(root, format.key, format.column, format.setting);
    for (std::size_t i = 0; i < axis.values.size(); ++i) format.check(axis.values[i], axis.places[i]);
    reader.add(root, format.key, std::move(axis));
  }
  if (root.has("parameters")) {
    const Section parameters = root.section("parameters");
    for (const std::string& path : parameters.keys())
      reader.add(parameters, path, read_axis(parameters, path, path, std::nullopt));
  }
  return std::move(reader).in_file_order();
}

/// Refuses settings of streams without any, which would say nothing.
void check_streams(const Section& root) {
  const std::string& scenarios = format_of(Setting::scenario).key;
  const std::string& frames = format_of(Setting::frames).key;
  const std::string& every = format_of(Setting::every).key;
  if (root.has(scenarios)) return;
  if (root.has(every))
    root.fail(every, fmt::format("'{}' without a scenario", every), fmt::format("give {}", scenarios));
  if (root.has(frames)) return;
  for (const SettingFormat& format : setting_formats()) {
    if (format.is_of_streams && root.has(format.key)) {
      root.fail(format.key, fmt::format("'{}' without a stream", format.key),
                fmt::format("give {} or {}", frames, scenarios));
    }
  }
}

/// Points that have certain values on certain axes.
using Exclusion = std::vector<std::pair<std::size_t, std::size_t>>;

std::vector<Exclusion> read_exclusions(const Section& root, const std::vector<Axis>& axes) {
  std::vector<Exclusion> exclusions;
  if (!root.has("exclude")) return exclusions;
  root.for_each("exclude", [&](const Section& entry) {
    Exclusion exclusion;
    for (std::size_t a = 0; a < axes.size(); ++a) {
      if (!entry.has(axes[a].name)) continue;
      const std::vector<std::string>& values = axes[a].values;
      const std::string value = entry.text(axes[a].name);
      const auto found = std::find(values.begin(), values.end(), value);
      if (found == values.end()) {
        entry.fail(axes[a].name, fmt::format("no point has {} '{}'", axes[a].name, value),
                   suggest(value, values));
      }
      exclusion.emplace_back(a, found - values.begin());
    }
    entry.finish();
    if (exclusion.empty())
      throw Error(ErrorKind::input, entry.where(), "names no axis", "such as {mapper: h2h, seed: 1}");
    exclusions.push_back(std::move(exclusion));
  });
  return exclusions;
}

}  // namespace

Study Study::parse(std::string_view yaml, const std::string& file) {
  const Section root = Section::parse(yaml, file);
  if (const std::string schema = root.text("schema"); schema != kSchema)
    root.fail("schema", fmt::format("schema '{}'", schema), fmt::format("h2h-sim reads {}", kSchema));
  Study study;
  study.file_ = file;
  study.name_ = root.text("name");
  study.axes_ = read_axes(root);
  const std::vector<Exclusion> exclusions = read_exclusions(root, study.axes_);
  check_streams(root);
  root.finish();

  std::uint64_t product = 1;
  study.strides_.resize(study.axes_.size());
  for (std::size_t a = study.axes_.size(); a-- > 0;) {
    study.strides_[a] = product;
    product *= study.axes_[a].values.size();
    if (product > kMostPoints) {
      throw Error(ErrorKind::input, {file}, fmt::format("the axes have more than {} points", kMostPoints),
                  "divide the study");
    }
  }
  for (std::uint64_t i = 0; i < product; ++i) {
    study.points_.push_back(i);
    const bool excluded = std::any_of(exclusions.begin(), exclusions.end(), [&](const Exclusion& exclusion) {
      return std::all_of(exclusion.begin(), exclusion.end(), [&](const auto& wanted) {
        return study.choice(study.points_.size() - 1, wanted.first) == wanted.second;
      });
    });
    if (excluded) study.points_.pop_back();
  }
  if (study.points_.empty()) root.fail("exclude", "all points are excluded");
  return study;
}

std::size_t Study::choice(PointIndex point, std::size_t axis) const {
  return points_[point] / strides_[axis] % axes_[axis].values.size();
}

Execution Study::execution(PointIndex point) const {
  return setting(point, Setting::execution) == to_string(Execution::overlap) ? Execution::overlap
                                                                             : Execution::serial;
}

Activations Study::activations(PointIndex point) const {
  return setting(point, Setting::activations) == to_string(Activations::direct) ? Activations::direct
                                                                                : Activations::host;
}

std::uint64_t Study::seed(PointIndex point) const {
  return boost::lexical_cast<std::uint64_t>(setting(point, Setting::seed));
}

bool Study::has(Setting setting) const {
  return std::any_of(axes_.begin(), axes_.end(), [&](const Axis& axis) { return axis.setting == setting; });
}

bool Study::has_streams() const {
  return has(Setting::scenario) || has(Setting::frames);
}

void Study::take_workloads(std::map<std::string, std::string, std::less<>> by_scenario) {
  workloads_ = std::move(by_scenario);
}

const std::string& Study::setting(PointIndex point, Setting setting) const {
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    if (axes_[a].setting == setting) return axes_[a].values[choice(point, a)];
  }
  if (setting == Setting::workload) return workloads_.at(this->setting(point, Setting::scenario));
  return *format_of(setting).otherwise;
}

std::vector<std::string> Study::values(Setting setting) const {
  for (const Axis& axis : axes_) {
    if (axis.setting == setting) return axis.values;
  }
  if (setting == Setting::workload) {
    std::set<std::string> names;
    for (const auto& [_, workload] : workloads_) names.insert(workload);
    return {names.begin(), names.end()};
  }
  return {*format_of(setting).otherwise};
}

Location Study::place(Setting setting, std::string_view value) const {
  for (const Axis& axis : axes_) {
    if (axis.setting != setting) continue;
    const auto found = std::find(axis.values.begin(), axis.values.end(), value);
    if (found != axis.values.end()) return axis.places[found - axis.values.begin()];
  }
  return {file_};
}

std::vector<Parameter> Study::parameters(PointIndex point) const {
  std::vector<Parameter> parameters;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    if (!axes_[a].setting) parameters.push_back({axes_[a].name, axes_[a].values[choice(point, a)]});
  }
  return parameters;
}

std::vector<std::string> Study::columns() const {
  std::vector<std::string> columns;
  for (const SettingFormat& format : setting_formats()) {
    if (has_streams() || !format.is_of_streams) columns.push_back(format.column);
  }
  for (const Axis& axis : axes_) {
    if (!axis.setting) columns.push_back(axis.name);
  }
  return columns;
}

std::vector<std::string> Study::row(PointIndex point) const {
  std::vector<std::string> fields;
  for (const SettingFormat& format : setting_formats()) {
    if (has_streams() || !format.is_of_streams) fields.push_back(setting(point, format.setting));
  }
  for (const Parameter& parameter : parameters(point)) fields.push_back(parameter.value);
  return fields;
}

std::string Study::describe(PointIndex point) const {
  std::string text;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    if (axes_[a].values.size() < 2) continue;
    text +=
        fmt::format("{}{} {}", text.empty() ? "" : ", ", axes_[a].name, axes_[a].values[choice(point, a)]);
  }
  return text.empty() ? fmt::format("point {}", point + 1) : fmt::format("point {} ({})", point + 1, text);
}

std::string Study::canonical() const {
  nlohmann::ordered_json json = {{"schema", kSchema}, {"name", name_}, {"points", points_}};
  for (const Axis& axis : axes_) json["axes"].push_back({{"name", axis.name}, {"values", axis.values}});
  return json.dump();
}

}  // namespace h2h
