// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/open_guest.hpp"

#include <utility>

namespace assay::trial {
namespace {

class OrdersVisit final : public guest::Visitor {
 public:
  OrdersVisit(TrialSink& sink, Orders& orders) : sink_(sink), orders_(orders) {}

  Task<> visit(guest::LiveGuest& guest, const link::Hello& hello) override {
    Talk talk(guest, sink_, nullptr);
    orders_.on_ready(hello);
    for (bool alive = true; alive;) {
      const auto order = co_await orders_.next();
      if (!order) {
        break;
      }
      TrialKey key;
      key.workload = order->name;
      auto end = co_await talk.run(std::move(key), *order);
      alive = std::holds_alternative<TrialRecord>(end);
      orders_.on_trial(std::move(end));
    }
  }

 private:
  TrialSink& sink_;
  Orders& orders_;
};

}  // namespace

Task<Status> run_open_guest(machine::Hypervisor& hypervisor, guest::Spec spec, Interrupt& interrupt,
                            TrialSink& sink, Orders& orders) {
  OrdersVisit visit(sink, orders);
  const auto end = co_await guest::live(hypervisor, std::move(spec), interrupt, {}, visit);
  co_return end.status();
}

}  // namespace assay::trial
