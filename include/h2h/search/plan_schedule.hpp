// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <h2h/search/objective.hpp>
#include <h2h/search/plan.hpp>

namespace h2h {

/// A plan that can be changed, judged and changed back, at millions of judgements a second.
///
/// Changes since the last `commit()` form one attempt. `value()` walks the sequence from the first change on.
/// Where the objective is the latency alone, it gives up as soon as the attempt cannot stay below a limit:
/// every layer's end plus the least time from there to the end of the network is a lower bound. With energy
/// in the objective it always walks to the end. Latencies equal `analytic_latency_s()` of the plan's mapping
/// to the last bit.
///
/// IncrementalSchedule judges changes of a mapping, whose orders can contradict dependencies; a plan's
/// cannot.
class PlanSchedule {
 public:
  static constexpr LayerIndex kNone = std::numeric_limits<LayerIndex>::max();

  PlanSchedule(const Problem& problem, Plan plan, Objective objective, LocalityRules::Scope scope);

  const Problem& problem() const { return *problem_; }
  const Plan& plan() const { return plan_; }
  AcceleratorIndex accelerator(LayerIndex layer) const { return plan_.accelerator[layer]; }
  std::uint32_t position(LayerIndex layer) const { return position_[layer]; }
  bool is_pinned(LayerIndex layer) const { return plan_.pinned[layer] != 0; }
  /// Bytes of weights that the accelerator's budget has room for.
  std::int64_t room_bytes(AcceleratorIndex accelerator) const {
    return budget_bytes_[accelerator] - pinned_bytes_[accelerator];
  }
  std::int64_t weight_bytes(LayerIndex layer, AcceleratorIndex accelerator) const {
    return problem_->cost(layer, accelerator).weight_bytes;
  }
  std::int64_t budget_bytes(AcceleratorIndex accelerator) const { return budget_bytes_[accelerator]; }
  /// Layers of an accelerator that have weights and are not pinned.
  std::span<const LayerIndex> unpinned(AcceleratorIndex accelerator) const { return unpinned_[accelerator]; }
  /// Positions between which a layer may stand: behind its producers, before its consumers.
  std::uint32_t earliest(LayerIndex layer) const;
  std::uint32_t latest(LayerIndex layer) const;

  /// Moves a layer; its weights stay pinned, or become so, if the new accelerator has room.
  void assign(LayerIndex layer, AcceleratorIndex to);
  /// @pre the weights fit
  void pin(LayerIndex layer);
  void unpin(LayerIndex layer);
  /// Moves a layer within the sequence. @pre @p to is between earliest() and latest()
  void shift(LayerIndex layer, std::uint32_t to);

  /// Another plan instead, committed. @pre no attempt is under way
  void replace(Plan plan);

  /// The objective's value, or infinity once it is known not to be below @p limit.
  double value(double limit = std::numeric_limits<double>::infinity());

  /// Of the last plan whose value was asked for without a limit, or found below it.
  double latency_s() const { return latency_s_; }
  /// Likewise, the paper's. @pre the objective needs energy
  double energy_J() const { return energy_J_; }

  /// Keeps the attempt. @pre its value was asked for and was finite
  void commit();
  void rollback();

  /// Layers that determine the latency, last first: each waits for the next. As of the last commit().
  /// @param chain emptied and filled
  void critical_chain(std::vector<LayerIndex>& chain) const;

 private:
  struct Node {
    double start_s = 0;
    double end_s = 0;         ///< if its output stays on the accelerator
    double stored_end_s = 0;  ///< if it goes to the host, unless it certainly does not
    std::int64_t held_bytes = 0;
    LayerIndex before = kNone;  ///< on the same accelerator
  };
  struct Change {
    enum class What : std::uint8_t { accelerator, pin, unpin, shift };
    What what;
    LayerIndex layer;
    std::uint32_t old;  ///< accelerator or position
  };

  void take_stock();
  void find_sole_consumers();
  void put(LayerIndex layer, std::uint32_t to);
  void set_pinned(LayerIndex layer, bool pinned);
  void note_unpinned(LayerIndex layer);
  void forget_unpinned(LayerIndex layer);
  void place(LayerIndex layer, AcceleratorIndex to);
  void changed_from(std::uint32_t position) {
    first_changed_ = position < first_changed_ ? position : first_changed_;
  }
  void bytes_changed(AcceleratorIndex accelerator);
  bool is_roomy(AcceleratorIndex accelerator) const {
    return pinned_bytes_[accelerator] + output_bytes_[accelerator] <= dram_bytes_[accelerator];
  }
  bool all_consumers_on(LayerIndex layer, AcceleratorIndex accelerator) const;
  bool some_consumer_on(LayerIndex layer, AcceleratorIndex accelerator) const;
  bool is_sole_reader(LayerIndex reader, LayerIndex layer, AcceleratorIndex accelerator) const;
  void producers_changed(LayerIndex layer);
  template <bool resident, bool with_energy, bool direct>
  double walk(double limit);
  template <bool direct>
  double walk_all(double limit);
  void renew_snapshots();
  void copy_walked(const std::vector<Node>& nodes, std::vector<Node>& to) const;
  void copy_walked(const std::vector<double>& energy_J_of, std::vector<double>& to) const;

  const Problem* problem_;
  Plan plan_;
  Objective objective_;
  bool resident_;
  std::vector<std::uint32_t> position_;  ///< by layer
  std::vector<Node> nodes_;              ///< by layer, of the attempt
  std::vector<Node> kept_nodes_;         ///< by layer, as of the last commit
  std::vector<double> energy_J_of_;  ///< by position: of all layers up to there, if the objective needs it
  std::vector<double> kept_energy_J_of_;
  std::vector<LayerIndex> sole_consumer_;
  std::vector<double> tail_s_;  ///< by layer and kind: least time from its end to the end of the network

  std::vector<std::int64_t> budget_bytes_;  ///< by accelerator
  std::vector<std::int64_t> dram_bytes_;
  std::vector<std::int64_t> pinned_bytes_;
  std::vector<std::int64_t> output_bytes_;  ///< of all its layers
  std::int64_t largest_output_bytes_ = 0;
  std::vector<std::vector<LayerIndex>> unpinned_;  ///< by accelerator
  std::vector<std::uint32_t> unpinned_place_;      ///< by layer

  std::uint32_t stride_;
  std::vector<LayerIndex> snapshots_;  ///< by position / stride and accelerator: the last layer before it
  std::vector<LayerIndex> last_;       ///< by accelerator, during a walk

  double kept_value_ = 0;
  double value_ = 0;
  double latency_s_ = 0;
  double energy_J_ = 0;
  LayerIndex final_layer_ = kNone;       ///< of the attempt: the last to end
  LayerIndex kept_final_layer_ = kNone;  ///< as of the last commit
  std::uint32_t first_changed_ = 0;      ///< position
  std::uint32_t walked_from_ = 0;
  std::uint32_t walked_to_ = 0;
  std::vector<Change> changes_;
};

}  // namespace h2h
