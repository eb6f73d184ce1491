using { peer } from '../db/schema';

@path: '/odata/v4/bench'
service Bench {
  entity Jobs             as projection on peer.Jobs;
  entity Robots           as projection on peer.Robots;
  entity Releases         as projection on peer.Releases;
  entity QueueDefinitions as projection on peer.QueueDefinitions;
}
