// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <h2h/mapping/mapping.hpp>
#include <h2h/schedule/analytic.hpp>

namespace h2h {

/// The analytic evaluator for searches: a mapping that can be changed, judged and changed back.
///
/// Changes since the last `commit()` form one attempt; `latency_s()` recomputes only the layers whose end may
/// have moved, and `rollback()` restores everything. Latencies equal `analytic_latency_s()` of the same
/// mapping to the last bit, because both take the same maxima of the same sums. No call allocates once the
/// buffers have grown.
///
/// The layers stand in a topological order of dependencies and accelerator orders together, which a move
/// repairs locally (Pearce and Kelly, JEA 11, 2007).
class IncrementalSchedule {
 public:
  static constexpr LayerIndex kNone = std::numeric_limits<LayerIndex>::max();

  /// @param mapping complete and free of contradictions
  IncrementalSchedule(const Problem& problem, const Mapping& mapping);

  const Problem& problem() const { return *problem_; }
  AcceleratorIndex accelerator(LayerIndex layer) const { return nodes_[layer].accelerator; }
  /// Neighbours in the order of the layer's accelerator; kNone at its ends.
  LayerIndex before(LayerIndex layer) const { return nodes_[layer].before; }
  LayerIndex after(LayerIndex layer) const { return nodes_[layer].after; }
  LayerIndex first(AcceleratorIndex accelerator) const { return lists_[accelerator].first; }
  LayerIndex last(AcceleratorIndex accelerator) const { return lists_[accelerator].last; }
  bool is_pinned(LayerIndex layer) const { return nodes_[layer].pinned; }
  bool is_fused(TensorIndex tensor) const { return fused_[tensor] != 0; }
  /// End of a layer as of the last `latency_s()`.
  double end_s(LayerIndex layer) const { return nodes_[layer].end_s; }

  /// Moves a layer to an accelerator that runs it, behind @p predecessor there (kNone: to the front). Its pin
  /// and fusions stay as they are; the caller sees to them.
  /// @returns false if the order would contradict a dependency; the attempt must then be rolled back
  bool move(LayerIndex layer, AcceleratorIndex to, LayerIndex predecessor);
  void set_pinned(LayerIndex layer, bool pinned);
  void set_fused(TensorIndex tensor, bool fused);

  double latency_s();

  void commit();
  void rollback();

  Mapping mapping() const;

 private:
  struct Node {
    double end_s = 0;
    double output_s = 0;  ///< when others may read its output
    LayerSeconds seconds;
    AcceleratorIndex accelerator = 0;
    LayerIndex before = kNone;
    LayerIndex after = kNone;
    std::uint32_t rank = 0;            ///< in the topological order
    std::uint32_t stored_outputs = 0;  ///< tensors for which its output goes to the host
    bool pinned = false;
    bool stale = true;  ///< `seconds` must be computed anew
  };
  struct List {
    LayerIndex first = kNone;
    LayerIndex last = kNone;
  };
  template <typename Value>
  struct Saved {
    std::uint32_t index;
    Value value;
  };

  Node& change(LayerIndex layer);
  List& change_list(AcceleratorIndex accelerator);
  void invalidate(LayerIndex layer);
  void unlink(LayerIndex layer);
  void link(LayerIndex layer, AcceleratorIndex to, LayerIndex predecessor);
  bool put_before(LayerIndex earlier, LayerIndex later);
  bool collect_forward(LayerIndex from, std::uint32_t highest, LayerIndex forbidden);
  void collect_backward(LayerIndex from, std::uint32_t lowest);
  LayerSeconds seconds(LayerIndex layer) const;
  bool is_stored_for(TensorIndex tensor) const;
  void count_stored(TensorIndex tensor, bool stored);
  void change_accelerator(LayerIndex layer, AcceleratorIndex to);
  void mark(std::uint32_t rank) { dirty_[rank / kWordBits] |= std::uint64_t{1} << (rank % kWordBits); }
  void recompute(LayerIndex layer);

  static constexpr std::uint32_t kWordBits = 64;

  const Problem* problem_;
  std::vector<Node> nodes_;
  std::vector<List> lists_;
  std::vector<char> fused_;
  std::vector<LayerIndex> by_rank_;

  std::vector<LayerIndex> pending_;   ///< layers whose end must be computed anew
  std::vector<std::uint64_t> dirty_;  ///< the same as a bit a rank, during latency_s()

  // What the running attempt has changed, as it was before.
  std::uint64_t attempt_ = 1;                 // 32 bits would wrap within an hour
  std::vector<std::uint64_t> saved_in_;       ///< by layer: the attempt that saved it
  std::vector<std::uint64_t> list_saved_in_;  ///< by accelerator
  std::vector<Saved<Node>> saved_nodes_;
  std::vector<Saved<List>> saved_lists_;
  std::vector<TensorIndex> toggled_;
  std::vector<char> stored_before_;  ///< scratch of change_accelerator()

  // Scratch of put_before().
  std::vector<LayerIndex> forward_;
  std::vector<LayerIndex> backward_;
  std::vector<std::uint32_t> ranks_;
  std::vector<std::uint64_t> visited_in_;
  std::uint64_t visit_ = 0;
};

}  // namespace h2h
