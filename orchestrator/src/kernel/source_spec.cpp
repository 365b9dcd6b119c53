// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/source_spec.hpp"

namespace assay::kernel {

std::string SourceSpec::text() const {
  switch (kind) {
    case SourceKind::debian:
      return where;
    case SourceKind::directory:
      return "directory " + where;
    case SourceKind::git:
      return "git " + where + " " + revision;
    case SourceKind::tarball:
      return "tarball " + where;
    case SourceKind::prebuilt:
      return "prebuilt " + where;
  }
  return where;
}

}  // namespace assay::kernel
