// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"

#include <libvirt/libvirt.h>

#include <map>
#include <string>

namespace assay::machine {

/// Domains that somebody waits for, by UUID; libvirt's lifecycle events come on the io_context's thread.
class StopNews {
 public:
  /// Until the domain has stopped.
  Task<> wait(std::string uuid);

  /// For VIR_DOMAIN_EVENT_ID_LIFECYCLE; `opaque` is the StopNews.
  static int on_event(virConnectPtr connection, virDomainPtr domain, int event, int detail, void* opaque);

 private:
  std::multimap<std::string, asio::steady_timer*> waiting_;
};

}  // namespace assay::machine
