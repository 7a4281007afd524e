export {
  DataInterface,
  type DataEvents,
  type DataInterfaceName,
  type DataInterfaceOptions,
} from "./data-interface.ts";
export type { DataRequest, EntityPermission, RequestedResource, RequestRoles } from "./data-request.ts";
export type { DataResource } from "./data-resource.ts";
export type { ProviderStatus } from "./provider-status.ts";
